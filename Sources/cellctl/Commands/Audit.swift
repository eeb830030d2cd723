import ArgumentParser
import JSON
import Registry

enum AuditResource: Resource {
    static let noun = Audit.event
    static let cursorName: String? = "after"

    struct Filters: ListFilters {
        @Option(help: "Only changes of this kind: cell, tenant, token, gateway.") var kind: String?
        @Option(help: "Only changes of this resource (with --kind).") var id: String?
        @Option(help: "Only changes by this token.") var actor: String?
        @Option(help: "Only changes by this operation, such as putCell.") var operation: String?
        @Option(help: "Only changes after this revision.") var after: Int64?

        var query: [(String, String?)] {
            [
                ("kind", kind), ("id", id), ("actor", actor), ("operation", operation),
                ("after", after.map { "\($0)" }),
            ]
        }
    }
}

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who did what to what, and why.", subcommands: [List<AuditResource>.self, Verify.self])

    static let event = Noun(
        "change", plural: "changes", path: "/v1/audit", idField: "id",
        columns: [
            Column("REVISION", "revision", .number), Column("AT", "at"), Column("ACTOR", "actor"),
            Column("OPERATION", "operation"), Column("KIND", "kind"), Column("ID", "id"),
            Column("REASON", "reason"),
            Column("REQUEST ID", "requestId", wide: true), Column("HASH", "hash", wide: true),
        ])

    struct Verify: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prove that nothing in the audit was altered, taken out or put in.",
            discussion: """
                Recomputes the hash chain and prints its head as a checkpoint. Keep that somewhere else: with it, the \
                next run starts there, and proves that what was proved before is still the same.
                """)

        @Option(help: ArgumentHelp("Where an earlier run ended.", valueName: "revision:hash"))
        var checkpoint: String?
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            var start = AuditCheckpoint.start
            if let checkpoint {
                guard let parsed = AuditCheckpoint(checkpoint) else {
                    throw .usage("--checkpoint is REVISION:HASH, as 'audit verify' prints it")
                }
                start = parsed
            }
            let tag = try session.api.send(APIRequest("GET", "/v1/registry")).body["revision"]?.string ?? ""
            if start != .start {
                let event = try page(after: start.revision - 1, limit: 1, session).first
                try AuditVerifier.check(event, against: start)
            }
            var verifier = AuditVerifier(after: start)
            while true {
                let events = try page(after: verifier.head.revision, limit: Limits.pageItemsMax, session)
                if events.isEmpty { break }
                for event in events { try verifier.add(event) }
            }
            if let revision = tag.split(separator: ".").last.flatMap({ Int64($0) }),
                verifier.head.revision < revision
            {
                throw .failed(
                    "the audit ends at revision \(verifier.head.revision), but the registry is at revision \(revision): its end was cut"
                )
            }
            try show(verifier, from: start, session)
        }

        private func page(after: Int64, limit: Int, _ session: Session) throws(CommandFailure) -> [JSONValue]
        {
            let query = [("after", "\(after)"), ("limit", "\(limit)")]
            return try session.api.send(APIRequest("GET", "/v1/audit", query: query)).body["items"]?.array
                ?? []
        }

        private func show(
            _ verifier: AuditVerifier, from start: AuditCheckpoint, _ session: Session
        ) throws(CommandFailure) {
            let checkpoint = verifier.head.text
            let answer: JSONValue = [
                "verified": .integer(Int64(verifier.eventsCount)), "after": .integer(start.revision),
                "checkpoint": .string(checkpoint),
            ]
            if try session.showDocument(answer) { return }
            if session.isForPeople {
                let ok = session.paint.good("intact:")
                session.console.print("\(ok) \(verifier.eventsCount) events after revision \(start.revision)")
            }
            session.console.print(session.isForPeople ? "checkpoint \(checkpoint)" : checkpoint)
        }
    }
}
