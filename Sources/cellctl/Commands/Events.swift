import ArgumentParser
import JSON

struct Events: RegistryCommand {
    static let configuration = CommandConfiguration(
        abstract: "The feed of changes: the last 100, those since a revision, or all as they come.")

    @Flag(name: .shortAndLong, help: "Go on as changes come, until Ctrl-C.") var follow = false
    @Option(help: "Changes after this revision, a number or a tag.") var since: String?
    @Option(help: "Only changes of this kind: cell, tenant, token, gateway.") var kind: String?
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    private static let recentCount: Int64 = 100
    private static let wait = Duration.seconds(30)

    func run(in session: Session) throws(CommandFailure) {
        var since = try start(session)
        var found: [JSONValue] = []
        while true {
            guard let page = try page(since: since, session) else { continue }
            let events = page["events"]?.array ?? []
            let next = page["revision"]?.string ?? since
            if follow {
                for event in events { try show(event, session) }
            } else {
                found += events
                if events.isEmpty || next == since { return try session.show(list: found, as: Audit.event) }
            }
            since = next
        }
    }

    /// The tag to start from. The incarnation is the registry's, so that people can say `--since 1200`.
    private func start(_ session: Session) throws(CommandFailure) -> String {
        if let since, Int64(since) == nil { return since }
        let tag = try session.api.send(APIRequest("GET", "/v1/registry")).body["revision"]?.string ?? ""
        guard let dot = tag.lastIndex(of: "."), let now = Int64(tag[tag.index(after: dot)...]) else {
            throw .failed("the control plane names no revision")
        }
        let revision = since.flatMap { Int64($0) } ?? (follow ? now : max(0, now - Self.recentCount))
        return "\(tag[..<dot]).\(revision)"
    }

    /// Nil where the control plane was away for a moment: who follows wants to go on when it is back.
    private func page(since: String, _ session: Session) throws(CommandFailure) -> JSONValue? {
        var request = APIRequest("GET", "/v1/events", query: [("since", since), ("limit", "1000")])
        if let kind { request.query.append(("kind", kind)) }
        if follow {
            request.query.append(("wait", "30s"))
            request.wait = Self.wait
        }
        do throws(CommandFailure) {
            return try session.api.send(request).body
        } catch {
            guard follow, error.ending == .unreachable || error.ending == .serverFailed else { throw error }
            session.console.printError("\(error.message) (trying again)")
            session.surroundings.sleep(.seconds(5))
            return nil
        }
    }

    /// One event as it comes: a line of JSON, a YAML document, or a line for people.
    private func show(_ event: JSONValue, _ session: Session) throws(CommandFailure) {
        func text(_ key: String) -> String { (event[key]?.string ?? "").printable }
        switch session.format {
        case .json: session.console.write(event.encoded() + [0x0A])
        case .yaml: session.console.write(Array("---\n\(try event.yaml())".utf8))
        case .name: session.console.print("\(text("kind"))/\(text("id"))")
        case .table, .wide:
            let head =
                "\(event["revision"]?.integer ?? 0)  \(text("at"))  \(text("actor"))  \(text("operation"))"
            let reason = text("reason")
            session.console.print(
                "\(head)  \(text("kind"))/\(text("id"))\(reason.isEmpty ? "" : "  (\(reason))")")
        }
    }
}
