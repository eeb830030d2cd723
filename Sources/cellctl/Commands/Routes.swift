import ArgumentParser
import JSON

struct Routes: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who is where: what gateways are told.",
        subcommands: [Get.self, Resolve.self, Table.self, Explain.self])

    static let route = Noun(
        "route", plural: "routes", idField: "tenant",
        columns: [
            Column("TENANT", "tenant"), Column("CELL", "cell"), Column("EPOCH", "epoch", .number),
            Column("STATE", "state"), Column("ZONE", "zone"), Column("HOST", "host", wide: true),
            Column("REVISION", "revision", wide: true), Column("ENDPOINTS", "endpoints", .pairs, wide: true),
        ])

    struct Get: RegistryCommand {
        static let configuration = CommandConfiguration(abstract: "One tenant's route, now or in the past.")

        @Argument(help: "The tenant.") var tenant: String
        @Option(help: "As it was at this time (RFC 3339) or revision.") var at: String?
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let query = at.map { [("at", $0)] } ?? []
            let request = APIRequest("GET", APIRequest.path("/v1/routes", tenant), query: query)
            try session.show(session.api.send(request).body, as: route)
        }
    }

    struct Resolve: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "The routes of hosts and tenants.",
            discussion: "Ends with 3 where one of them is not known.")

        @Option(parsing: .upToNextOption, help: "A host name; may be repeated.") var host: [String] = []
        @Option(parsing: .upToNextOption, help: "A tenant; may be repeated.") var tenant: [String] = []
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if host.isEmpty, tenant.isEmpty { throw ValidationError("give at least one --host or --tenant") }
        }

        func run(in session: Session) throws(CommandFailure) {
            let body: JSONValue = [
                "tenants": .array(tenant.map { .string($0) }), "hosts": .array(host.map { .string($0) }),
            ]
            let answer = try session.api.send(APIRequest("POST", "/v1/routes:resolve", body: .json(body)))
                .body
            if try !session.showDocument(answer) { session.showRows(answer["routes"]?.array ?? [], route) }
            let missing = ["tenants", "hosts"].flatMap { answer["notFound"]?[$0]?.array ?? [] }.compactMap(
                \.string)
            if !missing.isEmpty { throw .notFound("not known: \(missing.joined(separator: ", ").printable)") }
        }
    }

    struct Table: RegistryCommand {
        static let configuration = CommandConfiguration(abstract: "The whole routing table.")

        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let table = try session.api.send(APIRequest("GET", "/v1/routing-table")).body
            if try session.showDocument(table) { return }
            let rows = (table["tenants"]?.object ?? [:]).map { id, tenant -> JSONValue in
                let cell = tenant["cell"]?.string.flatMap { table["cells"]?[$0] }
                return [
                    "tenant": .string(id), "cell": tenant["cell"] ?? .null, "epoch": tenant["epoch"] ?? .null,
                    "state": tenant["state"] ?? "serving", "zone": cell?["zone"] ?? .null,
                    "endpoints": cell?["endpoints"] ?? .null, "revision": table["revision"] ?? .null,
                ]
            }
            session.showRows(rows, route)
        }
    }

    struct Explain: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Where the tenant is, since when, by whom and why.")

        @Argument(help: "The tenant.") var tenant: String
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let request = APIRequest("GET", APIRequest.path("/v1/routes", tenant, ":explain"))
            let answer = try session.api.send(request).body
            if try session.showDocument(answer) { return }
            if session.isForPeople {
                let (route, since, by) = (answer["route"], answer["since"], answer["by"])
                func text(_ value: JSONValue?) -> String {
                    value?.string ?? value?.integer.map { "\($0)" } ?? "-"
                }
                let reason = by?["reason"]?.string ?? ""
                let lines = [
                    "\(tenant) is on \(text(route?["cell"])), epoch \(text(route?["epoch"])), \(text(route?["state"]))",
                    "since \(text(since?["at"])), revision \(text(since?["revision"]))",
                    "by \(text(by?["actor"])) (\(text(by?["operation"])))\(reason.isEmpty ? "" : ": \(reason)")",
                    "",
                ]
                for line in lines { session.console.print(line.printable) }
            }
            session.showRows(answer["changes"]?.array ?? [], Audit.event)
        }
    }
}
