import HTTPClient
import JSON

/// What a watch tells of an object.
public struct WatchEvent: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    public var kind: Kind
    public var object: JSONValue
}

extension ClusterClient {
    /// Hands on what happens to the objects since a version, while it happens, on this thread.
    ///
    /// Bookmarks move the version on without an event, so that a watch of things that seldom change can be taken up
    /// again after a long time.
    ///
    /// - Parameters:
    ///   - version: that of a list; afterwards the last one that was heard of, from which the next watch goes on.
    ///   - seconds: how long the API server is asked to keep it up.
    ///   - isEnough: told each event; true ends the watch.
    /// - Throws: `gone` where the version is too old, as a status or as an event inside of an answer of 200: list again.
    ///   `unreachable` where the stream breaks off; it can be taken up from `version`.
    public func watch(
        _ resource: Resource, from version: inout String, seconds: Int, isEnough: (WatchEvent) -> Bool
    ) throws(KubernetesError) {
        var request = try request(
            "GET", resource.path,
            [
                ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
                ("timeoutSeconds", "\(seconds)"),
            ])
        request.timeLimits = TimeLimits(
            connectSeconds: 3, totalSeconds: Double(seconds) + 10, idleSeconds: nil)
        var reader = WatchReader(version: version)
        defer { version = reader.version }
        let response: ClientResponse
        do throws(ClientError) {
            response = try client.send(request) { try reader.take($0, isEnough) }
        } catch {
            guard case .stopped(let cause) = error else { throw KubernetesError(error) }
            if cause is WatchReader.Enough { return }
            throw cause as? KubernetesError ?? .unavailable("The watch is no JSON: \(cause)", retryAfter: nil)
        }
        guard response.isSuccess else { throw KubernetesError(response) }
    }
}

/// Reads a watch's stream: an object a line.
private struct WatchReader {
    struct Enough: Error {}

    private(set) var version: String
    private var lines = JSONLines(lineBytesMax: 4 << 20)

    init(version: String) { self.version = version }

    /// - Throws: `Enough`, the `KubernetesError` that the stream tells, `JSONError`.
    mutating func take(_ piece: [UInt8], _ isEnough: (WatchEvent) -> Bool) throws {
        var version = version
        defer { self.version = version }
        try lines.append(piece) { line, _ in
            let event = try JSONValue(parsing: line, limits: ClusterClient.limits)
            let object = event["object"] ?? .null
            let told = object["metadata"]?["resourceVersion"]?.string
            switch event["type"]?.string {
            case "BOOKMARK": version = told ?? version
            case "ERROR":
                throw KubernetesError(
                    code: Int(object["code"]?.integer ?? 500),
                    message:
                        "The API server ended the watch: \(object["message"]?.string ?? "it does not say why")"
                )
            case let type:
                guard let kind = WatchEvent.Kind(rawValue: type ?? "") else { return }
                version = told ?? version
                if isEnough(WatchEvent(kind: kind, object: object)) { throw Enough() }
            }
        }
    }
}
