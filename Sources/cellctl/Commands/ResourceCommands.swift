import ArgumentParser
import JSON

// The commands that every resource has, written once. A noun's own file says which of them it has, and under what name.

/// A noun as a type, since a command is one.
protocol Resource {
    static var noun: Noun { get }
    /// The query parameter of the list that an answer's `nextCursor` goes to; nil where the list has no pages.
    static var cursorName: String? { get }
    associatedtype Filters: ListFilters = NoFilters
}

extension Resource {
    static var cursorName: String? { "cursor" }
}

/// What a list can be narrowed by: each option is the query parameter of that name.
protocol ListFilters: ParsableArguments {
    var query: [(String, String?)] { get }
}

struct NoFilters: ListFilters {
    var query: [(String, String?)] { [] }
}

struct List<R: Resource>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list", abstract: "Show all \(R.noun.plural), or those that a filter leaves.")
    }

    @OptionGroup var filters: R.Filters
    @OptionGroup var paging: LimitOption
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        let query = filters.query.compactMap { name, value in value.map { (name, $0) } }
        let items = try session.api.list(
            R.noun.path, query: query, limit: paging.limit, cursorName: R.cursorName)
        try session.show(list: items, as: R.noun)
    }
}

struct Get<R: Resource>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "get", abstract: "Show one \(R.noun.name) or several.", aliases: ["show"])
    }

    @Argument(help: "The ids.") var ids: [String]
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        var resources: [JSONValue] = []
        for id in ids { resources.append(try session.api.send(APIRequest("GET", R.noun.path(id))).body) }
        if resources.count == 1 {
            try session.show(resources[0], as: R.noun)
        } else {
            try session.show(list: resources, as: R.noun)
        }
    }
}

struct Put<R: Resource>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "put", abstract: "Create or replace one \(R.noun.name).",
            discussion: "What the document leaves out is reset to its default.")
    }

    @Argument(help: "The id; else the document names it.") var id: String?
    @Option(name: [.short, .customLong("file")], help: "The document, YAML or JSON; - is standard input.")
    var file: String
    @Flag(help: "Only create: fail where it exists.") var createOnly = false
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Write Options") var waiting: WaitOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        let document = try Documents.one(file).withoutKind
        guard let id = id ?? document["id"]?.string else {
            throw .usage("name the \(R.noun.name) as an argument, or as 'id' in the document")
        }
        var request = APIRequest("PUT", R.noun.path(id), body: .json(document))
        if createOnly { request.fields.append(("If-None-Match", "*")) }
        try session.write(request, R.noun, id, done: "updated", write, waiting)
    }
}

struct Patch<R: Resource>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "patch", abstract: "Change some fields of one \(R.noun.name).")
    }

    @Argument(help: "The id.") var id: String
    @Option(
        help: ArgumentHelp(
            "A field and its value: capacity=200, labels.tier=gold, labels.old=null. A dot in a name is \\.",
            valueName: "field=value"))
    var set: [FieldAssignment] = []
    @Option(name: .shortAndLong, help: "A merge patch (RFC 7396), JSON or YAML, in place of --set.")
    var patch: String?
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Write Options") var waiting: WaitOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func validate() throws {
        if set.isEmpty == (patch == nil) { throw ValidationError("give --set or --patch, and not both") }
    }

    func run(in session: Session) throws(CommandFailure) {
        let body = try FieldAssignment.patch(set, or: patch)
        let request = APIRequest("PATCH", R.noun.path(id), body: .json(body))
        try session.write(request, R.noun, id, done: "updated", write, waiting)
    }
}

struct Delete<R: Resource>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "delete", abstract: "Delete one \(R.noun.name).")
    }

    @Argument(help: "The id.") var id: String
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Write Options") var waiting: WaitOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        let request = APIRequest("DELETE", R.noun.path(id))
        try session.write(request, R.noun, id, done: "deleted", write, waiting)
    }
}

/// An action as a type: `POST /v1/cells/{cell}:cordon`.
protocol ResourceAction {
    associatedtype On: Resource
    static var verb: String { get }
    static var done: String { get }
    static var abstract: String { get }
}

struct Act<A: ResourceAction>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: A.verb, abstract: A.abstract)
    }

    @Argument(help: "The ids.") var ids: [String]
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Write Options") var waiting: WaitOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func validate() throws { try write.validate(for: ids) }

    func run(in session: Session) throws(CommandFailure) {
        for id in ids {
            let request = APIRequest("POST", A.On.noun.path(id, ":\(A.verb)"))
            try session.write(request, A.On.noun, id, done: A.done, write, waiting)
        }
    }
}

extension Noun {
    func path(_ id: String, _ suffix: String = "") -> String { APIRequest.path(path, id, suffix) }
}

extension JSONValue {
    /// A document without the `kind` that `apply` takes, so that the same file goes to both.
    var withoutKind: JSONValue {
        guard case .object(var object) = self else { return self }
        object["kind"] = nil
        return .object(object)
    }
}
