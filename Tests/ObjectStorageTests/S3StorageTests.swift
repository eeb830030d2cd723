import Foundation
import HTTPClient
import Testing

@testable import ObjectStorage

/// Against moto (PyPI), which checks a signature over the query once it is decoded, where S3 wants `%2F` signed: so what is
/// listed here has no slash in its prefix.
///
/// It checks signatures here. `TITAN_MOTO` names its `moto_server`; without it they are left out.
@Suite(
    .enabled(if: MotoServer.path != nil, "TITAN_MOTO names no moto_server; make test installs one"),
    .serialized)
struct S3StorageTests {
    let server: MotoServer

    init() throws { server = try MotoServer() }

    private func storage(
        prefix: String = "registry", secret: String? = nil, bucket: String = "titan",
        partBytes: Int = 5 << 20
    ) throws -> S3Storage {
        let settings = try S3Settings(
            endpoint: server.url, region: "us-east-1",
            credentials: .fixed(keyID: server.keyID, secret: secret ?? server.secret, sessionToken: nil))
        return S3Storage(bucket: bucket, prefix: prefix, settings, partBytes: partBytes)
    }

    @Test func filesAreKeptWholeByNameWithSignaturesChecked() throws {
        // The last two go up in parts: exactly two, and two and a bit.
        try prove(try storage(), sizes: [0, 1, 1 << 20, 10 << 20, (10 << 20) + 1])
    }

    @Test func longListsAreReadToTheirEndAndFoldersBelowAreAnothers() throws {
        let scratch = try Scratch()
        let file = try scratch.file([1])
        let (one, below) = (try storage(prefix: "many"), try storage(prefix: "many/below"))
        try below.write("x", fromFile: file)
        for number in 0..<1001 { try one.write("n\(number)", fromFile: file) }
        #expect(try one.list(prefix: "").count == 1001)
    }

    @Test func aWrongSecretIsRefusedAndInNoMessage() throws {
        let wrong = "canary-of-a-secret"
        let scratch = try Scratch()
        let file = try scratch.file([1])
        #expect { try storage(secret: wrong).write("x", fromFile: file) } throws: { error in
            guard case StorageError.refused(let message) = error else { return false }
            return message.contains("SignatureDoesNotMatch") && !message.contains(wrong)
        }
        #expect { try storage(bucket: "no-such-bucket").list(prefix: "") } throws: { error in
            if case StorageError.notFound = error { true } else { false }
        }
        let signature = RequestSignature(service: "s3", region: "r", keyID: "AK", secret: wrong)
        #expect(!"\(signature) \(String(reflecting: signature))".contains(wrong))
        var dumped = ""
        dump(signature, to: &dumped)
        #expect(!dumped.contains(wrong))
    }

    @Test func credentialsFromFilesAreReadForEachRequest() throws {
        let scratch = try Scratch()
        let folder = scratch.path
        let settings = try S3Settings(
            endpoint: server.url, region: "us-east-1", credentials: .folder(folder))
        let storage = S3Storage(bucket: "titan", prefix: "files", settings)
        #expect(throws: StorageError.self) { try storage.list(prefix: "") }
        try Data((server.keyID + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/access-key-id"))
        try Data((server.secret + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/secret-access-key"))
        #expect(try storage.list(prefix: "") == [])
    }

    @Test func anUploadThatFailsLeavesNoPartsBehind() throws {
        let scratch = try Scratch()
        let file = try scratch.file([UInt8](repeating: 7, count: 3 << 20))
        // Parts below 5 MiB are taken, and refused when they are put together.
        let small = try storage(prefix: "failing", partBytes: 1 << 20)
        #expect(throws: StorageError.self) { try small.write("x", fromFile: file) }
        #expect(try small.list(prefix: "") == [])
        #expect(try server.uploadsUnderWay() == 0)
    }
}

/// A `moto_server` with a bucket and a user who may do everything with it.
final class MotoServer: Sendable {
    static let path = ProcessInfo.processInfo.environment["TITAN_MOTO"]

    let url: String
    let keyID: String
    let secret: String
    private let identifier: Int32
    private let process: Process

    init() throws {
        var (process, url) = try Self.start()
        // Bucket, user, policy and key: the four calls that need no signature.
        let authority = Self.query("s3")
        let client = Self.client
        var made = false
        for _ in 0..<1200 where !made {
            // Somebody else may have taken its port.
            if !process.isRunning { (process, url) = try Self.start() }
            made =
                (try? client.send(ClientRequest("PUT", url + "/titan", fields: authority)))?.isSuccess
                ?? false
            if !made { usleep(50_000) }
        }
        self.process = process
        self.url = url
        identifier = process.processIdentifier
        try #require(made, "moto does not serve")
        func iam(_ text: String) throws -> String {
            let answer = try client.send(
                ClientRequest(
                    "POST", url + "/",
                    fields: Self.query("iam") + [("Content-Type", "application/x-www-form-urlencoded")],
                    body: .bytes(Array("\(text)&Version=2010-05-08".utf8))))
            try #require(answer.isSuccess, "\(String(decoding: answer.body, as: UTF8.self))")
            return String(decoding: answer.body, as: UTF8.self)
        }
        _ = try iam("Action=CreateUser&UserName=backup")
        let policy = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        _ = try iam(
            "Action=PutUserPolicy&UserName=backup&PolicyName=all&PolicyDocument=" + S3Storage.encoded(policy))
        let key = try iam("Action=CreateAccessKey&UserName=backup")
        func element(_ name: String) -> String {
            let after = key.components(separatedBy: "<\(name)>").dropFirst().first ?? ""
            return after.components(separatedBy: "</").first ?? ""
        }
        keyID = element("AccessKeyId")
        secret = element("SecretAccessKey")
    }

    deinit { kill(identifier, SIGKILL) }

    private static func start() throws -> (Process, url: String) {
        // Below those that are given to outgoing connections.
        let port = Int.random(in: 20_000..<32_000)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments = ["-H", "127.0.0.1", "-p", "\(port)"]
        process.environment = ["PATH": "/usr/bin:/bin", "INITIAL_NO_AUTH_ACTION_COUNT": "4"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, "http://127.0.0.1:\(port)")
    }

    func uploadsUnderWay() throws -> Int {
        var request = ClientRequest("GET", url + "/titan?uploads=")
        request.fields = [
            ("x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        ]
        request.signature = RequestSignature(service: "s3", region: "us-east-1", keyID: keyID, secret: secret)
        let answer = try Self.client.send(request)
        try #require(answer.isSuccess)
        return String(decoding: answer.body, as: UTF8.self).components(separatedBy: "<Upload>").count - 1
    }

    private static let client = {
        var configuration = ClientConfiguration()
        configuration.allowsPlainHTTP = true
        return HTTPClient(configuration)
    }()

    /// What tells moto the service; it looks at no more of it yet.
    private static func query(_ service: String) -> [(name: String, value: String)] {
        [
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/\(service)/aws4_request, SignedHeaders=host, Signature=0"
            )
        ]
    }
}
