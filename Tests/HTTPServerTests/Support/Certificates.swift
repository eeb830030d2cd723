import Glibc

/// Certificates made for one test by openssl, in a folder that goes with it.
final class Certificates: Sendable {
    struct Failure: Error {
        var command: String
    }

    let folder: String

    /// An authority (`ca`), another one (`other`), a server's certificate of the first for `localhost`.
    init() throws {
        var template = Array("/tmp/certificates-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(command: "mkdtemp") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for name in ["ca", "other"] {
            try run(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -days 30 -subj /CN=\(name)",
                "-keyout \(name).key -out \(name).pem")
        }
        try issue("server", by: "ca", purpose: "serverAuth", names: "DNS:localhost")
    }

    deinit { try? run("rm -r \(folder)") }

    func text(_ file: String) throws -> String {
        guard let stream = fopen("\(folder)/\(file)", "r") else { throw Failure(command: "open \(file)") }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var next = fgetc(stream)
        while next != EOF {
            bytes.append(UInt8(next))
            next = fgetc(stream)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes `name.pem` and `name.key`.
    func issue(_ name: String, by authority: String, purpose: String, names: String, isExpired: Bool = false)
        throws
    {
        try run(
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -subj /CN=\(name)",
            "-keyout \(name).key -out \(name).csr")
        try run("printf 'extendedKeyUsage=\(purpose)\\nsubjectAltName=\(names)\\n' > \(name).ext")
        // openssl's x509 knows no end in the past: its ca does.
        let times = isExpired ? "-startdate 20200101000000Z -enddate 20200201000000Z" : "-days 30"
        try run(": > \(name).index; echo 01 > \(name).serial")
        try run(
            "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=\(name).index\\nserial=\(name).serial\\nnew_certs_dir=.\\n"
                + "default_md=sha384\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > \(name).cnf")
        try run(
            "openssl ca -batch -notext -config \(name).cnf -cert \(authority).pem -keyfile \(authority).key",
            "-in \(name).csr -out \(name).pem -extfile \(name).ext \(times)")
    }

    /// Writes a certificate that signs itself.
    func selfSign(_ name: String) throws {
        try run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -days 30 -subj /CN=\(name)",
            "-keyout \(name).key -out \(name).pem")
    }

    /// What a TLS client shows of one request; empty where the handshake fails.
    func request(port: UInt16, as client: String?, options: String = "") throws -> String {
        let certificate = client.map { "-cert \($0).pem -key \($0).key" } ?? ""
        try run(
            "printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | timeout 10 openssl s_client -quiet",
            "-connect 127.0.0.1:\(port) -CAfile ca.pem -verify_return_error -verify_hostname localhost \(certificate) \(options) > answer || true"
        )
        return try text("answer")
    }

    private func run(_ parts: String...) throws {
        let command = "cd \(folder) && ( \(parts.joined(separator: " ")) ) 2>>log"
        guard system(command) == 0 else { throw Failure(command: command) }
    }
}
