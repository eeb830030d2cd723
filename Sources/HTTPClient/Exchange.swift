/// One call under way: what libcurl's callbacks read and write. It lives on the caller's thread alone.
final class Exchange {
    let url: ParsedURL
    private let destinations: DestinationPolicy
    private let fieldsBytesMax: Int
    private let bodyBytesMax: Int
    private let receive: (([UInt8]) throws -> Void)?

    private(set) var status = 0
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    /// The first thing that made a callback end the call.
    private(set) var failure: ClientError?
    private(set) var refused: String?

    private var fieldsBytes = 0
    private var isHeadComplete = false
    private var upload: Upload

    init(
        _ request: ClientRequest, _ url: ParsedURL, _ configuration: ClientConfiguration,
        receive: (([UInt8]) throws -> Void)?
    ) {
        self.url = url
        self.receive = receive
        destinations = configuration.destinations
        fieldsBytesMax = configuration.fieldsBytesMax
        bodyBytesMax = configuration.responseBytesMax
        announcedBytesMax = receive == nil && request.method != "HEAD" ? configuration.responseBytesMax : nil
        upload = Upload(request.body)
    }

    /// The length that an answer may announce; nil where it is not gathered, or not sent at all (HEAD).
    let announcedBytesMax: Int?

    var response: ClientResponse { ClientResponse(status: status, fields: fields, body: body) }

    /// False forbids a socket to that address; nil is an address of another family than IP.
    func allows(_ address: IPAddress?) -> Bool {
        if let address, destinations.allows(address, for: url.destination) { return true }
        refused = address.map(String.init(describing:)) ?? "a socket that is not IP"
        return false
    }

    /// A line of the head, with its end. Interim answers (1xx) come first and are forgotten; trailers come after
    /// the body and are not taken for fields.
    ///
    /// - Returns: false to end the call.
    func takeHeadLine(_ line: UnsafeRawBufferPointer) -> Bool {
        guard !isHeadComplete else { return true }
        fieldsBytes += line.count
        guard fieldsBytes <= fieldsBytesMax else {
            return fail(
                .tooLarge("The header of the answer from \(url.origin) is over \(fieldsBytesMax) bytes."))
        }
        let text = unsafe String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            fields = []
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
        } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
            let value = text[text.utf8.index(after: colon)...].drop { $0.isWhitespace }
            fields.append((String(text[..<colon]), String(value.trimmingEnd)))
        } else if text.allSatisfy(\.isWhitespace) {
            isHeadComplete = status >= 200
        }
        return true
    }

    /// A piece of the body.
    ///
    /// - Returns: false to end the call.
    func takeBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        if let receive, (200...299).contains(status) {
            do {
                try receive(unsafe Array(piece))
                return true
            } catch {
                return fail(.stopped(error))
            }
        }
        guard piece.count <= bodyBytesMax - body.count else {
            return fail(.tooLarge("The answer from \(url.origin) is over \(bodyBytesMax) bytes."))
        }
        unsafe body.append(contentsOf: piece)
        return true
    }

    /// The next bytes to send, at most as many as there is room for; none at the end; nil to end the call.
    func fill(_ room: UnsafeMutableRawBufferPointer) -> Int? {
        do {
            return try unsafe upload.fill(room)
        } catch let error as ClientError {
            _ = fail(error)
        } catch {
            _ = fail(.stopped(error))
        }
        return nil
    }

    /// True where the body can be sent once more from that place.
    func seek(to offset: Int) -> Bool { upload.seek(to: offset) }

    private func fail(_ error: ClientError) -> Bool {
        failure = failure ?? error
        return false
    }
}

extension Substring {
    fileprivate var trimmingEnd: Substring {
        var rest = self
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
