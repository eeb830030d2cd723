import ArgumentParser
import JSON

struct Status: RegistryCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether the control plane is ready, what it holds, and at which revision it is.",
        discussion: "Ends with 9 where it is not ready.")

    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        let health = try session.api.send(APIRequest("GET", "/health/ready")).body
        let registry = try session.api.send(APIRequest("GET", "/v1/registry")).body
        var answer = registry.object ?? [:]
        answer["status"] = health["status"] ?? .null
        if try session.showDocument(.object(answer)) { return }
        let rows =
            [("status", answer["status"])] + answer.filter { $0.key != "status" }.map { ($0.key, $0.value) }
        let width = rows.map(\.0.count).max() ?? 0
        for (name, value) in rows {
            let text = value?.string ?? value?.encodedString() ?? "-"
            session.console.print(
                "\(name)\(String(repeating: " ", count: width - name.count))  \(text)".printable)
        }
    }
}
