/// The templates of a `RouteTable` as a tree of segments.
///
/// Kept in flat arrays of plain numbers: a look-up compares bytes with bytes and follows indexes, without a
/// reference count or a String, so that a gateway's read can go through it.
@usableFromInline
struct RouteTree: Sendable {
    @usableFromInline
    enum Match {
        case found(Int, parameters: PathParameters)
        case wrongMethod(allowed: [Method])
        case notFound
        case malformedPath
    }

    /// Where a path can stand after some of its segments. -1: none.
    private struct Node {
        var firstEdge = -1
        var parameter = -1
        var firstEnd = -1
    }

    /// The way from a node by a literal segment; the edges of a node are a chain.
    private struct Edge {
        var literal: Range<Int>
        /// Its first eight bytes, which tell most of them apart.
        var key: UInt64
        var node: Int
        var next: Int
    }

    /// One method with the action (empty: none) of a path that ends at a node; a chain too.
    private struct End {
        var action: Range<Int>
        var method: Method
        var value: Int
        var next: Int
    }

    @usableFromInline
    init() {}

    private var nodes = [Node()]
    private var edges: [Edge] = []
    private var ends: [End] = []
    /// The literals and actions, one behind the other.
    private var bytes: [UInt8] = []

    mutating func add(_ method: Method, _ text: String, value: Int) {
        let template = RouteTemplate(text)
        let parameterCount = template.segments.count { $0 == .parameter }
        precondition(parameterCount <= PathParameters.countMax, "\(text) has too many parameters")
        var node = 0
        for segment in template.segments {
            switch segment {
            case .literal(let literal):
                precondition(nodes[node].parameter == -1, "\(text) is hidden by a parameter")
                let known = literal.withUnsafeBufferPointer { edge(from: node, by: $0) }
                node = known ?? addEdge(from: node, by: literal)
            case .parameter:
                precondition(nodes[node].firstEdge == -1, "\(text) hides a literal")
                if nodes[node].parameter == -1 { nodes[node].parameter = addNode() }
                node = nodes[node].parameter
            }
        }
        addEnd(at: node, action: template.action, method, value: value, named: text)
    }

    private mutating func addNode() -> Int {
        nodes.append(Node())
        return nodes.count - 1
    }

    private mutating func addEdge(from node: Int, by literal: [UInt8]) -> Int {
        let target = addNode()
        let key = literal.withUnsafeBufferPointer(Self.key)
        edges.append(Edge(literal: store(literal), key: key, node: target, next: nodes[node].firstEdge))
        nodes[node].firstEdge = edges.count - 1
        return target
    }

    private mutating func addEnd(
        at node: Int, action: [UInt8], _ method: Method, value: Int, named text: String
    ) {
        let isTaken = action.withUnsafeBufferPointer { action in
            endsOf(node, action: action).contains { $0.method == method }
        }
        precondition(!isTaken, "\(method.rawValue) \(text) is there twice")
        ends.append(End(action: store(action), method: method, value: value, next: nodes[node].firstEnd))
        nodes[node].firstEnd = ends.count - 1
    }

    private mutating func store(_ part: [UInt8]) -> Range<Int> {
        bytes += part
        return (bytes.count - part.count)..<bytes.count
    }

    @usableFromInline
    func match(_ method: Method, path: [UInt8]) -> Match {
        path.withUnsafeBufferPointer { match(method, path: $0, PathParameters(of: path)) }
    }

    private func match(
        _ method: Method, path: UnsafeBufferPointer<UInt8>, _ none: PathParameters
    ) -> Match {
        guard path.first == UInt8(ascii: "/") else { return .notFound }
        var parameters = none
        var node = 0
        var start = 1
        while true {
            var end = start
            var colon = -1
            var isPlain = true
            while end < path.count, path[end] != UInt8(ascii: "/") {
                let byte = path[end]
                if byte == UInt8(ascii: ":") { colon = end }
                if byte == UInt8(ascii: "%") || byte >= 0x80 { isPlain = false }
                end += 1
            }
            let isLast = end == path.count
            if !isLast { colon = -1 }
            let segment = start..<(colon == -1 ? end : colon)
            guard !segment.isEmpty else { return .notFound }
            if nodes[node].parameter != -1 {
                guard parameters.append(segment, isPlain: isPlain) else { return .malformedPath }
                node = nodes[node].parameter
            } else if let next = edge(from: node, by: UnsafeBufferPointer(rebasing: path[segment])) {
                node = next
            } else {
                return .notFound
            }
            if isLast {
                let action = UnsafeBufferPointer(rebasing: path[(colon == -1 ? end : colon + 1)..<end])
                guard colon == -1 || !action.isEmpty else { return .notFound }
                return self.end(of: node, action: action, method: method, parameters: parameters)
            }
            start = end + 1
        }
    }

    private func edge(from node: Int, by segment: UnsafeBufferPointer<UInt8>) -> Int? {
        let key = Self.key(segment)
        var edge = nodes[node].firstEdge
        while edge != -1 {
            if edges[edge].key == key, equal(edges[edge].literal, segment) { return edges[edge].node }
            edge = edges[edge].next
        }
        return nil
    }

    private static func key(_ segment: UnsafeBufferPointer<UInt8>) -> UInt64 {
        segment.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func end(
        of node: Int, action: UnsafeBufferPointer<UInt8>, method: Method, parameters: PathParameters
    ) -> Match {
        var get: Int?
        var end = nodes[node].firstEnd
        while end != -1 {
            if equal(ends[end].action, action) {
                if ends[end].method == method { return .found(ends[end].value, parameters: parameters) }
                if ends[end].method == .get { get = ends[end].value }
            }
            end = ends[end].next
        }
        // RFC 9110 §9.3.2: a HEAD is a GET whose body is not sent.
        if method == .head, let get { return .found(get, parameters: parameters) }
        let served = endsOf(node, action: action).map(\.method)
        guard !served.isEmpty else { return .notFound }
        return .wrongMethod(
            allowed: Method.allCases.filter { served.contains($0) || ($0 == .head && served.contains(.get)) })
    }

    private func endsOf(_ node: Int, action: UnsafeBufferPointer<UInt8>) -> [End] {
        var found: [End] = []
        var end = nodes[node].firstEnd
        while end != -1 {
            if equal(ends[end].action, action) { found.append(ends[end]) }
            end = ends[end].next
        }
        return found
    }

    private func equal(_ stored: Range<Int>, _ part: UnsafeBufferPointer<UInt8>) -> Bool {
        guard stored.count == part.count else { return false }
        for offset in 0..<part.count where bytes[stored.lowerBound + offset] != part[offset] { return false }
        return true
    }
}
