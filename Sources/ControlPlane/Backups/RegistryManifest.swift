import JSON
import Registry
import Store

/// What lies beside each backup of the registry and says what it is. It is written last: a backup without one is none.
public struct RegistryManifest: Sendable, Equatable {
    /// Of this document and of what it describes; a newer one is refused.
    public static let formatVersion: Int64 = 1

    public var name: String
    public var createdAt: Timestamp
    /// Of the program that made it.
    public var serverVersion: String
    public var facts: StoreFacts
    /// Of the database, before compression.
    public var database: FileDigest
    /// Of the file that is kept.
    public var compressed: FileDigest

    /// The kept file's name: the database, compressed by zstd.
    public var object: String { Self.object(of: name) }

    public static func object(of name: String) -> String { name + ".db.zst" }
    public static func manifest(of name: String) -> String { name + manifestSuffix }
    static let manifestSuffix = ".json"

    /// As Velero names its backups, with four letters more: two can be made in one second.
    public static func newName(at now: Timestamp) -> String {
        let time = now.description.prefix(19).filter(\.isNumber)
        return "registry-\(time)-\(Incarnation.random().rawValue.prefix(4))"
    }

    public var document: JSONValue {
        [
            "formatVersion": .integer(Self.formatVersion), "name": .string(name),
            "createdAt": .string(createdAt.description), "serverVersion": .string(serverVersion),
            "schemaVersion": .integer(Int64(facts.schemaVersion)),
            "incarnation": .string(facts.revision.incarnation.rawValue),
            "revision": .integer(facts.revision.revision.rawValue),
            "lastChangeAt": facts.lastChangeAt.map { .string($0.description) } ?? .null,
            "cells": .integer(Int64(facts.cells)), "tenants": .integer(Int64(facts.tenants)),
            "sizeBytes": .integer(Int64(database.sizeBytes)), "sha256": .string(database.sha256),
            "object": [
                "name": .string(object), "encoding": "zstd",
                "sizeBytes": .integer(Int64(compressed.sizeBytes)), "sha256": .string(compressed.sha256),
            ],
        ]
    }

    init(
        name: String, createdAt: Timestamp, serverVersion: String, facts: StoreFacts, database: FileDigest,
        compressed: FileDigest
    ) {
        self.name = name
        self.createdAt = createdAt
        self.serverVersion = serverVersion
        self.facts = facts
        self.database = database
        self.compressed = compressed
    }

    /// - Throws: `BackupError` for what is no manifest, or one of a newer format.
    public init(parsing bytes: [UInt8], of name: String) throws(BackupError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes)
        } catch {
            throw BackupError("The manifest of '\(name)' is no JSON.")
        }
        guard let format = document["formatVersion"]?.integer else {
            throw BackupError("The manifest of '\(name)' is none of this program.")
        }
        guard format == Self.formatVersion else {
            throw BackupError(
                "The backup '\(name)' has the format \(format), and this program reads \(Self.formatVersion): use the version that made it."
            )
        }
        guard document["name"]?.string == name,
            let createdAt = document["createdAt"]?.string.flatMap({ Timestamp($0) }),
            let serverVersion = document["serverVersion"]?.string,
            let schemaVersion = document["schemaVersion"]?.integer,
            let incarnation = document["incarnation"]?.string.flatMap({ Incarnation($0) }),
            let revision = document["revision"]?.integer, let cells = document["cells"]?.integer,
            let tenants = document["tenants"]?.integer, let database = FileDigest(document),
            let compressed = document["object"].flatMap({ FileDigest($0) })
        else { throw BackupError("The manifest of '\(name)' lacks what a restore needs.") }
        let facts = StoreFacts(
            schemaVersion: Int(schemaVersion),
            revision: RevisionTag(incarnation, Revision(rawValue: revision)),
            lastChangeAt: document["lastChangeAt"]?.string.flatMap { Timestamp($0) }, cells: Int(cells),
            tenants: Int(tenants))
        self.init(
            name: name, createdAt: createdAt, serverVersion: serverVersion, facts: facts, database: database,
            compressed: compressed)
    }
}

/// A file's length and SHA-256, in lower-case hex.
public struct FileDigest: Sendable, Equatable {
    public var sizeBytes: Int
    public var sha256: String

    init(sizeBytes: Int, sha256: String) {
        self.sizeBytes = sizeBytes
        self.sha256 = sha256
    }

    init?(_ document: JSONValue) {
        guard let sizeBytes = document["sizeBytes"]?.integer, sizeBytes >= 0,
            let sha256 = document["sha256"]?.string, sha256.utf8.count == 64
        else { return nil }
        self.init(sizeBytes: Int(sizeBytes), sha256: sha256)
    }
}

/// Why there is no backup, or nothing was restored. The description says what to do.
public struct BackupError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
