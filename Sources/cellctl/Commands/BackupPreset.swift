import ArgumentParser
import JSON

/// Schedules that a platform's guide asks for, made by one command.
struct BackupPreset: RegistryCommand {
    enum Preset: String, CaseIterable, ExpressibleByArgument {
        /// Everything each night, and the data tier each hour.
        case titan

        fileprivate var schedules: [(name: String, document: JSONObject)] {
            switch self {
            case .titan:
                [
                    (
                        "daily-backup",
                        ["schedule": "0 2 * * *", "scope": ["everything": true], "ttl": "720h0m0s"]
                    ),
                    (
                        "hourly-data-backup",
                        [
                            "schedule": "0 * * * *", "scope": ["namespaces": ["titan-data"]],
                            "ttl": "168h0m0s",
                        ]
                    ),
                ]
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "preset",
        abstract: "Make the schedules of the Titan guide; those that are there are left as they are.",
        discussion: """
            EXAMPLES:
              cellctl backups preset titan --dry-run
            """)

    @Argument(help: "The preset: titan.") var preset: Preset
    @Option(help: "Who makes the backups: external or velero.") var executor: String?
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        let noun = ScheduleResource.noun
        for (name, document) in preset.schedules {
            var document = document
            document["timeZone"] = "UTC"
            if let executor { document["executor"] = .string(executor) }
            var request = APIRequest("PUT", noun.path(name), body: .json(.object(document)))
            request.fields.append(("If-None-Match", "*"))
            do throws(CommandFailure) {
                try session.write(request, noun, name, done: "updated", write)
            } catch {
                guard case .problem(let problem) = error, problem.status == 412, write.ifPlanMatch == nil
                else {
                    throw error
                }
                session.console.printError("schedule/\(name) is there already, and left as it is")
            }
        }
    }
}
