import Foundation
import HTTPTestServer
import JSON

/// A Kubernetes API server with the controller of StatefulSets and the kubelets behind it, as a rollout meets them.
///
/// Time stands still: `tick` moves every controller and kubelet on by one step, so that a test decides what has happened
/// when the client looks. `ticksOnRead` has each read of a StatefulSet do that.
///
/// What an image does is in its name: `…-crashing`, `…-missing`, `…-unready`, `…-stalling`; any other one runs.
///
/// `@unchecked Sendable`: everything that changes is touched with `condition` held.
public final class FakeCluster: @unchecked Sendable {
    public struct Call: Sendable, Equatable {
        public var method: String
        public var path: String
        public var query: [String: String]
        public var contentType: String?
    }

    /// What happens to a call in place of what it asks for.
    public enum Fault: Sendable {
        case status(Int, retryAfter: Int? = nil)
        /// The connection ends without an answer, before anything is done.
        case drop
        /// The connection ends without an answer, and it was done.
        case dropAfter
        /// A proxy's page, with 200.
        case page
    }

    let condition = NSCondition()
    var version = 100
    /// By their paths.
    var objects: [String: JSONValue] = [:]
    var faults: [(matches: @Sendable (Call) -> Bool, fault: Fault)] = []
    var calls: [Call] = []
    var snapshots: [String: (items: [JSONValue], version: Int)] = [:]
    /// Of each set: the templates that it had, as the names of revisions.
    var revisions: [String: [JSONValue]] = [:]
    var uids = 0
    /// By pods' paths, beside what their images do.
    var restarts: [String: Int64] = [:]
    var unready: Set<String> = []
    var isDown = false
    var tokens: Set<String>?
    var role: (@Sendable (_ verb: String, _ group: String, _ resource: String, _ namespace: String) -> Bool)?
    var ticksOnRead = 0
    var beforePatch: (@Sendable () -> Void)?

    public init() {}

    /// Runs the body beside the API server, at the URL that it is given.
    public func run(_ body: (String) async throws -> Void) async throws {
        try await TestServer.run({ self.reply(to: $0) }) { server async throws in
            try await body(server.url)
        }
    }

    public func run(_ body: (String) throws -> Void) throws {
        try TestServer.run({ self.reply(to: $0) }) { server throws in try body(server.url) }
    }

    func locked<Result>(_ work: () throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try work()
    }

    // MARK: What a test does

    /// One step of every controller and kubelet.
    public func tick(_ count: Int = 1) {
        locked { for _ in 0..<count { step() } }
    }

    /// Until nothing moves any more.
    public func settle() {
        locked {
            var before = -1
            var rounds = 0
            while before != version, rounds < 1_000 {
                before = version
                step()
                rounds += 1
            }
        }
    }

    public func setTicksOnRead(_ count: Int) { locked { ticksOnRead = count } }

    /// True: nobody answers.
    public func setDown(_ isDown: Bool) { locked { self.isDown = isDown } }

    /// The containers of a pod have been started again.
    public func restart(_ pod: String, in namespace: String = "titan-cells") {
        locked { restarts[Self.path(ofPod: pod, in: namespace), default: 0] += 1 }
    }

    /// Whether a pod that is well says so.
    public func setReady(_ pod: String, _ isReady: Bool, in namespace: String = "titan-cells") {
        locked {
            let path = Self.path(ofPod: pod, in: namespace)
            if isReady { unready.remove(path) } else { unready.insert(path) }
        }
    }

    /// Has pages that are to be continued be too old.
    public func expirePages() { locked { snapshots = [:] } }

    public func require(tokens: Set<String>) { locked { self.tokens = tokens } }

    public func allow(
        _ role:
            @escaping @Sendable (_ verb: String, _ group: String, _ resource: String, _ namespace: String) ->
            Bool
    ) {
        locked { self.role = role }
    }

    /// The next calls that match, so many of them.
    public func fail(
        _ fault: Fault, times: Int = 1, where matches: @escaping @Sendable (Call) -> Bool = { _ in true }
    ) {
        locked { faults += (0..<times).map { _ in (matches, fault) } }
    }

    /// Done at each PATCH before it is looked at.
    public func beforePatch(_ work: (@Sendable () -> Void)?) { locked { beforePatch = work } }

    public var received: [Call] { locked { calls } }

    public func forgetReceived() { locked { calls = [] } }

    // MARK: What a test looks at

    public func statefulSet(_ name: String, in namespace: String = "titan-cells") -> JSONValue? {
        locked { objects[Self.path(ofSet: name, in: namespace)] }
    }

    public func pods(of name: String, in namespace: String = "titan-cells") -> [JSONValue] {
        locked { podPaths(ofSet: name, in: namespace).compactMap { objects[$0] } }
    }

    public var resourceVersion: String { locked { "\(version)" } }

    static func path(ofSet name: String, in namespace: String) -> String {
        "/apis/apps/v1/namespaces/\(namespace)/statefulsets/\(name)"
    }

    static func path(ofPod name: String, in namespace: String) -> String {
        "/api/v1/namespaces/\(namespace)/pods/\(name)"
    }
}

extension JSONValue {
    /// With that member set, or removed.
    func with(_ key: String, _ value: JSONValue?) -> JSONValue {
        var object = object ?? [:]
        object[key] = value
        return .object(object)
    }

    func with(_ outer: String, _ inner: String, _ value: JSONValue?) -> JSONValue {
        with(outer, (self[outer] ?? [:]).with(inner, value))
    }
}
