import JSON

/// What a backup is of.
public enum BackupScope: Sendable, Equatable {
    /// Every namespace and every cell. The registry's own database is no part of it: only a copy that is made through
    /// the registry is sure to be whole.
    case everything
    case namespaces([String])
    /// Those that the selector takes when the run starts.
    case cells(CellSelector)
    /// The control plane's own database.
    case registry

    static let rule = "must have exactly one of everything, namespaces, cells and registry"

    /// Nil where something is missing or wrong, which the reader has reported.
    init?(from reader: DocumentReader, field: String) {
        let read = reader.nested(field) { reader -> BackupScope? in
            let everything = reader.isTrue("everything")
            let namespaces = reader.list(
                "namespaces", countMin: 1, countMax: Limits.backupNamespacesMax, Names.dnsLabelRule
            ) { Names.isDNSLabel($0) ? $0 : nil }
            let cells = reader.nested("cells") { CellSelector(from: $0) }
            let registry = reader.isTrue("registry")
            guard ["everything", "namespaces", "cells", "registry"].count(where: reader.has) == 1 else {
                return nil
            }
            if let namespaces { return .namespaces(namespaces) }
            if let cells { return .cells(cells) }
            return registry == true ? .registry : everything == true ? .everything : nil
        }
        guard let scope = read ?? nil else {
            if reader.has(field) { reader.report(field, Self.rule) }
            return nil
        }
        self = scope
    }

    /// Nil unless it is what `document` writes.
    public init?(document: JSONValue) {
        guard let reader = try? DocumentReader(["scope": document]),
            let scope = BackupScope(from: reader, field: "scope"), (try? reader.finish()) != nil
        else { return nil }
        self = scope
    }

    public var document: JSONValue {
        switch self {
        case .everything: ["everything": true]
        case .namespaces(let names): ["namespaces": .array(names.map { .string($0) })]
        case .cells(let selector): ["cells": selector.document]
        case .registry: ["registry": true]
        }
    }
}

/// What a backup covers: its scope, resolved when it was taken up.
public struct BackupCover: Sendable, Equatable {
    public var everything: Bool
    public var registry: Bool
    /// Of a backup of everything: those that were named beside it, if any.
    public var namespaces: [String]
    public var cells: [CellID]
    /// Of a backup of everything: those that were left out. Only Velero's are so.
    public var exceptNamespaces: [String]

    public init(
        everything: Bool = false, registry: Bool = false, namespaces: [String] = [], cells: [CellID] = [],
        exceptNamespaces: [String] = []
    ) {
        self.exceptNamespaces = exceptNamespaces
        self.everything = everything
        self.registry = registry
        self.namespaces = namespaces
        self.cells = cells
    }

    /// - Parameter cells: all that there are.
    public init(_ scope: BackupScope, of cells: [Cell]) {
        self.init()
        switch scope {
        case .everything:
            everything = true
            self.cells = cells.filter { $0.state != .retired }.map(\.id).sorted()
        case .namespaces(let names): namespaces = names
        case .cells(let selector): self.cells = cells.filter(selector.takes).map(\.id).sorted()
        case .registry: registry = true
        }
    }

    public var isEmpty: Bool { !everything && !registry && namespaces.isEmpty && cells.isEmpty }

    public func covers(namespace: String) -> Bool {
        everything && !exceptNamespaces.contains(namespace) || namespaces.contains(namespace)
    }

    public var document: JSONValue {
        var object: JSONObject = [
            "everything": .bool(everything), "registry": .bool(registry),
            "namespaces": .array(namespaces.map { .string($0) }),
            "cells": .array(cells.map { .string($0.rawValue) }),
        ]
        if !exceptNamespaces.isEmpty {
            object["exceptNamespaces"] = .array(exceptNamespaces.map { .string($0) })
        }
        return .object(object)
    }

    /// What is missing in a kept document covers nothing.
    public init(document: JSONValue) {
        self.init(
            everything: document["everything"] == true, registry: document["registry"] == true,
            namespaces: document["namespaces"]?.array?.compactMap(\.string) ?? [],
            cells: document["cells"]?.array?.compactMap { $0.string.flatMap(CellID.init) } ?? [],
            exceptNamespaces: document["exceptNamespaces"]?.array?.compactMap(\.string) ?? [])
    }
}

extension DocumentReader {
    /// A member that can only be true, or be left out.
    fileprivate func isTrue(_ key: String) -> Bool? {
        converted(key, "must be true, or be left out") { $0 == true ? true : nil }
    }
}
