import Glibc
import HTTPClient
import HTTPTestServer
import Testing

/// TLS against `openssl s_server`, with certificates made for the test.
@Suite(.enabled(if: system("command -v openssl > /dev/null") == 0, "openssl is not installed"))
struct TLSTests {
    @Test("A server is believed when its authority and its name are right, and else refused")
    func checksServer() throws {
        try TLSServer.run("") { server throws in
            let trusting = client { $0.tls.authoritiesFile = server.path("authority.pem") }
            #expect(
                outcome(trusting, ClientRequest("GET", "https://localhost:\(server.port)/")) == "answered 200"
            )
            #expect(outcome(trusting, ClientRequest("GET", "https://127.0.0.1:\(server.port)/")) == "tls")
            #expect(outcome(client(), ClientRequest("GET", "https://localhost:\(server.port)/")) == "tls")
            let other = client { $0.tls.authoritiesFile = server.path("client.pem") }
            #expect(outcome(other, ClientRequest("GET", "https://localhost:\(server.port)/")) == "tls")
            let none = client { $0.tls.authoritiesFile = server.path("no-such-file.pem") }
            #expect(outcome(none, ClientRequest("GET", "https://localhost:\(server.port)/")) == "tls")
        }
    }

    @Test("A server that asks for a certificate gets ours", arguments: ["-tls1_2", "-tls1_3"])
    func showsCertificate(_ version: String) throws {
        try TLSServer.run("-Verify 1 -verify_return_error -CAfile authority.pem \(version)") {
            server throws in
            let request = ClientRequest("GET", "https://localhost:\(server.port)/")
            let known = client {
                $0.tls = .init(
                    authoritiesFile: server.path("authority.pem"), certificateFile: server.path("client.pem"),
                    keyFile: server.path("client.key"))
            }
            #expect(outcome(known, request) == "answered 200")
            #expect(
                outcome(client { $0.tls.authoritiesFile = server.path("authority.pem") }, request) == "tls")
        }
    }

    @Test("Nothing older than TLS 1.2 is spoken")
    func refusesOldVersions() throws {
        try TLSServer.run("-tls1_1 -cipher ALL:@SECLEVEL=0") { server throws in
            let trusting = client { $0.tls.authoritiesFile = server.path("authority.pem") }
            #expect(outcome(trusting, ClientRequest("GET", "https://localhost:\(server.port)/")) == "tls")
        }
    }

    @Test("A server without TLS is no secure one")
    func refusesPlainServers() throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            #expect(
                outcome(client(), ClientRequest("GET", "https://127.0.0.1:\(server.port)/")) != "answered 200"
            )
            #expect(server.received.isEmpty)
        }
    }
}

/// A process of `openssl s_server` in a folder with its certificates.
private struct TLSServer {
    let folder: String
    let port: UInt16

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    static func run(_ options: String, _ body: (TLSServer) throws -> Void) throws {
        var template = Array("/tmp/tls-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { _ = system("rm -r \(folder)") }
        try #require(system("cd \(folder) && (\(certificates)) > /dev/null 2>&1") == 0)
        // The shell tells its own process id and then becomes the server.
        let command =
            "cd \(folder) && echo $$ && exec openssl s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -www \(options) 2>&1"
        let output = try #require(popen(command, "r"))
        var process: pid_t?
        var port: UInt16?
        var line = [CChar](repeating: 0, count: 1_000)
        while port == nil, fgets(&line, Int32(line.count), output) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if process == nil { process = pid_t(text) }
            if text.hasPrefix("ACCEPT ") { port = text.split(separator: ":").last.flatMap { UInt16($0) } }
        }
        defer {
            if let process { kill(process, SIGKILL) }
            pclose(output)
        }
        try body(TLSServer(folder: folder, port: try #require(port)))
    }

    private static let certificates = """
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout authority.key -out authority.pem \
        -subj /CN=authority -days 2
        for name in server client; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr -subj /CN=$name &&
        printf 'subjectAltName=DNS:localhost' > extensions &&
        openssl x509 -req -in $name.csr -CA authority.pem -CAkey authority.key -CAcreateserial -out $name.pem -days 2 \
        -extfile extensions || exit 1
        done
        """
}
