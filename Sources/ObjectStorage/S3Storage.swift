import Crypto
import HTTPClient

/// Keeps files in a bucket of any service that speaks S3, below a prefix.
///
/// A file goes up in one request, or past `partBytes` in parts, one at a time in memory; parts of an upload that fails
/// are taken back. Each request is tried three times in all where the service or the way to it failed.
public struct S3Storage: ObjectStorage {
    private let bucket: String
    private let prefix: String
    private let settings: S3Settings
    private let client: HTTPClient
    let partBytes: Int

    /// S3 takes parts of 5 MiB to 5 GiB, and 10,000 of them: with these, files of 156 GiB.
    public static let partBytes = 16 << 20
    private static let partsMax = 10_000
    private static let attempts = 3

    /// - Parameters:
    ///   - prefix: without slash at its start and end; may be empty.
    ///   - partBytes: other than the usual in tests; S3 takes 5 MiB and more.
    public init(
        bucket: String, prefix: String, _ settings: S3Settings, partBytes: Int = S3Storage.partBytes
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.settings = settings
        self.partBytes = partBytes
        var configuration = ClientConfiguration()
        configuration.allowsPlainHTTP = settings.endpoint?.hasPrefix("http://") ?? false
        configuration.timeLimits = TimeLimits(connectSeconds: 10, totalSeconds: nil, idleSeconds: 60)
        client = HTTPClient(configuration)
    }

    public var location: StorageLocation { .s3(bucket: bucket, prefix: prefix) }

    public func list(prefix start: String) throws(StorageError) -> [StoredObject] {
        var found: [StoredObject] = []
        let root = prefix.isEmpty ? "" : prefix + "/"
        var next: String?
        repeat {
            var query = [("list-type", "2"), ("prefix", prefix)]
            if let next { query.append(("continuation-token", next)) }
            let answer = try send("GET", query: query)
            guard let document = XMLElement(parsing: answer.body), document.name == "ListBucketResult" else {
                throw .other("\(location) answered a list that is none.")
            }
            for content in document.children where content.name == "Contents" {
                guard let key = content["Key"], let size = content["Size"].flatMap({ Int($0) }),
                    key.hasPrefix(root)
                else { continue }
                let name = String(key.dropFirst(root.count))
                // What lies in folders below is another's.
                if name.hasPrefix(start), !name.contains("/") {
                    found.append(StoredObject(name: name, sizeBytes: size))
                }
            }
            next = document["IsTruncated"] == "true" ? document["NextContinuationToken"] : nil
        } while next != nil
        return found.sorted { $0.name < $1.name }
    }

    public func write(_ name: String, fromFile path: String) throws(StorageError) {
        let file = try File.reading(path)
        let sizeBytes = file.sizeBytes
        guard sizeBytes > partBytes else {
            _ = try send("PUT", name, body: try file.read(sizeBytes))
            return
        }
        guard sizeBytes <= partBytes * Self.partsMax else {
            throw .other("\(path) is over \(partBytes * Self.partsMax) bytes, which is the limit.")
        }
        let answer = try send("POST", name, query: [("uploads", "")])
        guard let upload = XMLElement(parsing: answer.body)?["UploadId"] else {
            throw .other("\(location) began no upload.")
        }
        do {
            try write(parts: file, of: name, upload)
        } catch {
            // Else the parts would be paid for until somebody looks.
            _ = try? send("DELETE", name, query: [("uploadId", upload)])
            throw error
        }
    }

    private func write(parts file: File, of name: String, _ upload: String) throws(StorageError) {
        var list = ""
        var number = 1
        while case let part = try file.read(partBytes), !part.isEmpty {
            let query = [("partNumber", String(number)), ("uploadId", upload)]
            guard let tag = try send("PUT", name, query: query, body: part)[field: "ETag"] else {
                throw .other("\(location) did not say what it made of a part.")
            }
            list += "<Part><PartNumber>\(number)</PartNumber><ETag>\(XMLElement.escaped(tag))</ETag></Part>"
            number += 1
        }
        let body = "<CompleteMultipartUpload>\(list)</CompleteMultipartUpload>"
        let answer = try send("POST", name, query: [("uploadId", upload)], body: Array(body.utf8))
        // S3 answers 200 before it knows: a failure then stands in the body.
        let result = XMLElement(parsing: answer.body)
        guard let result, result.name != "Error", result["ETag"] != nil else {
            throw .unavailable(
                "\(location) did not put the parts together: \(result?["Code"] ?? "no answer").")
        }
    }

    public func read(_ name: String, _ receive: ([UInt8]) throws -> Void) throws(StorageError) {
        // What the receiver has seen can't be taken back: only what failed before is tried again.
        var hasReceived = false
        var attempt = 1
        while true {
            do throws(StorageError) {
                let request = try self.request("GET", name, [], [])
                let answer: ClientResponse
                do throws(ClientError) {
                    answer = try client.send(request) { piece in
                        hasReceived = true
                        try receive(piece)
                    }
                } catch {
                    throw Self.error(error)
                }
                return try check(answer, name)
            } catch .unavailable(let message) {
                guard !hasReceived, attempt < Self.attempts else { throw .unavailable(message) }
                attempt += 1
            }
        }
    }

    public func delete(_ name: String) throws(StorageError) {
        do {
            _ = try send("DELETE", name)
        } catch .notFound {}
    }

    private func send(
        _ method: String, _ name: String? = nil, query: [(String, String)] = [], body: [UInt8] = []
    ) throws(StorageError) -> ClientResponse {
        var attempt = 1
        while true {
            do throws(StorageError) {
                let request = try self.request(method, name, query, body)
                let answer: ClientResponse
                do throws(ClientError) {
                    answer = try client.send(request)
                } catch {
                    throw Self.error(error)
                }
                try check(answer, name)
                return answer
            } catch .unavailable(let message) {
                guard attempt < Self.attempts else { throw .unavailable(message) }
                attempt += 1
            }
        }
    }

    private func request(
        _ method: String, _ name: String?, _ query: [(String, String)], _ body: [UInt8]
    ) throws(StorageError) -> ClientRequest {
        let key = name.map { prefix.isEmpty ? $0 : "\(prefix)/\($0)" } ?? ""
        // Signed as they stand, so in the order that the service sorts them in.
        let pairs = query.map { (Self.encoded($0.0), Self.encoded($0.1)) }.sorted { $0.0 < $1.0 }
        let text = pairs.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        let path = settings.base(of: bucket) + "/" + Self.encoded(key, keepsSlashes: true)
        let digest = SHA256.hash(data: body).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        var request = ClientRequest(
            method, text.isEmpty ? path : "\(path)?\(text)",
            fields: [("x-amz-content-sha256", digest.joined())],
            body: method == "PUT" || method == "POST" ? .bytes(body) : .none)
        request.signature = try settings.signature()
        return request
    }

    private func check(_ answer: ClientResponse, _ name: String?) throws(StorageError) {
        guard !answer.isSuccess else { return }
        let code = XMLElement(parsing: answer.body)?["Code"] ?? "status \(answer.status)"
        let place = name.map { "\(location)/\($0)" } ?? "\(location)"
        switch answer.status {
        case 404: throw .notFound("There is no \(place) (\(code)).")
        case 400, 401, 403:
            throw .refused("\(place) is refused (\(code)); check the bucket, the region and the credentials.")
        case 408, 429, 500...599: throw .unavailable("\(place) can't be reached now (\(code)).")
        default: throw .other("\(place) answered \(answer.status) (\(code)).")
        }
    }

    private static func error(_ error: ClientError) -> StorageError {
        switch error {
        case .stopped(let cause): .stopped(cause)
        case .couldNotResolve, .couldNotConnect, .timedOut, .closed: .unavailable(error.message)
        case .badURL, .badField, .tls, .refusedDestination, .tooLarge, .other: .other(error.message)
        }
    }

    /// RFC 3986's unreserved characters stand for themselves, and no other.
    static func encoded(_ text: String, keepsSlashes: Bool = false) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/") where keepsSlashes: encoded += "/"
            default:
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
