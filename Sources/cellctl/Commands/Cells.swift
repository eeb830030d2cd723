import ArgumentParser
import JSON

enum CellResource: Resource {
    static let noun = Noun(
        "cell", plural: "cells", path: "/v1/cells",
        columns: [
            Column("NAME", "id"), Column("ZONE", "zone"), Column("STATE", "", .made(state)),
            Column("TENANTS", "tenants", .number), Column("LOAD", "load", .number),
            Column("CAPACITY", "capacity", .number), Column("USED", "", .percent("load", of: "capacity")),
            Column("HEALTH", "health.status"), Column("AGE", "createdAt", .age),
            Column("REGION", "region", wide: true), Column("REVISION", "revision", .number, wide: true),
            Column("ENDPOINTS", "endpoints", .pairs, wide: true),
            Column("LABELS", "labels", .pairs, wide: true),
        ])

    struct Filters: ListFilters {
        @Option(help: "Only cells of this zone.") var zone: String?
        @Option(help: "Only cells in this state: provisioning, active, draining, drained, retired.")
        var state: String?
        @Option(help: "Only cells that are (true) or are not (false) open to new placements.")
        var schedulable: Bool?
        @Option(help: ArgumentHelp("Only cells with these labels.", valueName: "k=v,…")) var label: String?

        var query: [(String, String?)] {
            [
                ("zone", zone), ("state", state), ("schedulable", schedulable.map { "\($0)" }),
                ("label", label),
            ]
        }
    }

    /// As people ask: is it active, and is it cordoned?
    private static func state(_ cell: JSONValue) -> String {
        let state = cell["state"]?.string ?? ""
        return cell["schedulable"]?.bool == false ? "\(state),cordoned" : state
    }
}

struct Cells: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The cells: add, change, cordon, drain, retire.",
        subcommands: [
            List<CellResource>.self, Get<CellResource>.self, Put<CellResource>.self, Patch<CellResource>.self,
            Delete<CellResource>.self, Act<Activate>.self, Act<Cordon>.self, Act<Uncordon>.self,
            Drain.self, Act<Undrain>.self, Act<Retire>.self, Import.self,
        ])

    enum Activate: ResourceAction {
        typealias On = CellResource
        static let (verb, done) = ("activate", "activated")
        static let abstract = "Let cells serve."
    }

    enum Cordon: ResourceAction {
        typealias On = CellResource
        static let (verb, done) = ("cordon", "cordoned")
        static let abstract = "No new placements on cells."
    }

    enum Uncordon: ResourceAction {
        typealias On = CellResource
        static let (verb, done) = ("uncordon", "uncordoned")
        static let abstract = "Undo a cordon."
    }

    enum Retire: ResourceAction {
        typealias On = CellResource
        static let (verb, done) = ("retire", "retired")
        static let abstract = "Remove drained cells for good; their history stays."
    }

    struct Import: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Create or update cells from NDJSON, or from 'kubectl get statefulsets -o json' as it comes.")

        @Argument(help: "The file; - is standard input.") var file: String
        @Option(help: "Zones to give in turn to StatefulSets that name none: us-east-1a,us-east-1b.")
        var zones: String?
        @Option(help: "Capacity of cells that state none, in load units.") var capacity: Int?
        @Flag(help: "Activate new cells at once.") var activate = false
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: WaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            var query: [(String, String)] = []
            if let zones { query.append(("zones", zones)) }
            if let capacity { query.append(("capacity", "\(capacity)")) }
            if activate { query.append(("activate", "true")) }
            let upload = try Upload(path: file, mediaType: ImportFormat.mediaType)
            try session.importing(upload, to: "/v1/cells:import", query, write, waiting)
        }
    }
}
