/// The members of a JSON object, in the order they were written, each name once.
///
/// A small object is searched from its start. Past `scanMax` members it carries an index, so that an object of
/// a hundred thousand members is still read, filled and looked up in linear time.
public struct JSONObject: Sendable {
    public typealias Member = (key: String, value: JSONValue)

    /// Where comparing all names costs about what hashing one does.
    static let scanMax = 16

    private var members: [Member] = []
    private var index: [String: Int]?

    public init() {}

    /// - Precondition: no name is there twice.
    public init(uniqueMembers: some Sequence<(String, JSONValue)>) {
        for (key, value) in uniqueMembers {
            let isNew = append(key, value)
            precondition(isNew, "the member \(key) is there twice")
        }
    }

    public var keys: [String] { members.map(\.key) }

    /// The value of that name. Setting replaces it where it stands, or adds it at the end; setting nil removes
    /// it, in time proportional to the size of the object.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            guard let newValue else { return remove(key) }
            if let position = position(of: key) {
                members[position].value = newValue
            } else {
                add(key, newValue)
            }
        }
    }

    /// False, and nothing is changed, where the name is there already.
    mutating func append(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        add(key, value)
        return true
    }

    mutating func reserveCapacity(_ count: Int) { members.reserveCapacity(count) }

    private func position(of key: String) -> Int? {
        if let index { return index[key] }
        return members.firstIndex { $0.key == key }
    }

    private mutating func add(_ key: String, _ value: JSONValue) {
        members.append((key, value))
        if index != nil {
            index?[key] = members.count - 1
        } else if members.count > Self.scanMax {
            buildIndex()
        }
    }

    private mutating func remove(_ key: String) {
        guard let position = position(of: key) else { return }
        members.remove(at: position)
        if index != nil { buildIndex() }
    }

    private mutating func buildIndex() {
        index = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
    }
}

extension JSONObject: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { members.count }
    public subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: Equatable {
    /// The order of members means nothing (RFC 8259 §4).
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(uniqueMembers: elements) }
}
