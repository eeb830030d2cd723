import ArgumentParser
import JSON

enum ReleaseResource: Resource {
    static let noun = Noun(
        "release", plural: "releases", path: "/v1/releases", idField: "name",
        columns: [
            Column("NAME", "name"), Column("IMAGES", "", .made(images)), Column("USED", "used", .yesNo),
            Column("AGE", "createdAt", .age), Column("NOTES", "notes"),
            Column("REVISION", "revision", .number, wide: true),
        ])

    private static func images(_ release: JSONValue) -> String {
        let images = release["images"]?.object ?? [:]
        return images.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ",")
    }
}

struct Releases: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What rollouts bring to cells: a set of images under a name.",
        subcommands: [
            List<ReleaseResource>.self, Get<ReleaseResource>.self, Put.self, Delete<ReleaseResource>.self,
        ])

    struct Put: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a release; once a rollout has used it, its images never change.",
            discussion: """
                EXAMPLES:
                  cellctl releases put v1.1.0 --image orders=titan/orders:v1.1.0
                """)

        @Argument(help: "The release's name.") var name: String
        @Option(help: ArgumentHelp("A service and its image; repeat it.", valueName: "service=image"))
        var image: [String]
        @Option(help: "What it is about.") var notes: String?
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if let wrong = image.first(where: { !$0.contains("=") }) {
                throw ValidationError("--image takes service=image, and '\(wrong)' has no '='")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            var images = JSONObject()
            for pair in image {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                images[String(parts[0])] = .string(String(parts[1]))
            }
            var body: JSONObject = ["images": .object(images)]
            if let notes { body["notes"] = .string(notes) }
            let noun = ReleaseResource.noun
            try session.write(
                APIRequest("PUT", noun.path(name), body: .json(.object(body))), noun, name, done: "updated",
                write)
        }
    }
}
