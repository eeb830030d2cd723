import Bytes
import HTTP
import HTTPServer
import Testing

@Suite("TLS")
struct TLSTests {
    private static let names: @Sendable (RequestHead) -> Reception = { head in
        .answer(Response(text: "names: " + head.peer.certificateNames.joined(separator: " ") + "."))
    }

    private static func configuration(
        _ certificates: Certificates, _ client: TLSConfiguration.ClientCertificate
    ) throws -> ServerConfiguration {
        ServerConfiguration(
            tls: TLSConfiguration(
                certificate: try certificates.text("server.pem"), key: try certificates.text("server.key"),
                clientAuthorities: try certificates.text("ca.pem"), clientCertificate: client))
    }

    @Test(
        "Only a certificate that is really good makes a client's names",
        arguments: [TLSConfiguration.ClientCertificate.request, .require])
    func clientCertificates(_ mode: TLSConfiguration.ClientCertificate) async throws {
        let certificates = try Certificates()
        try certificates.issue(
            "gateway-1", by: "ca", purpose: "clientAuth",
            names: "DNS:gateway-1.edge,URI:spiffe://titan/gateway,IP:10.0.0.1")
        try certificates.issue(
            "expired", by: "ca", purpose: "clientAuth", names: "DNS:gateway-1.edge", isExpired: true)
        try certificates.issue("stranger", by: "other", purpose: "clientAuth", names: "DNS:gateway-1.edge")
        try certificates.issue("a-server", by: "ca", purpose: "serverAuth", names: "DNS:gateway-1.edge")
        try certificates.selfSign("self-signed")
        try await withServer(try Self.configuration(certificates, mode), handler: Self.names) { _, port in
            for version in ["-tls1_2", "-tls1_3"] {
                let good = try certificates.request(port: port, as: "gateway-1", options: version)
                #expect(good.hasSuffix("names: gateway-1.edge spiffe://titan/gateway gateway-1."))
                for bad in ["expired", "stranger", "a-server", "self-signed"] {
                    let answer = try certificates.request(port: port, as: bad, options: version)
                    #expect(
                        answer.contains("403 Forbidden") && answer.contains("client_certificate_required"),
                        "\(bad)")
                }
                let none = try certificates.request(port: port, as: nil, options: version)
                if mode == .require {
                    #expect(none.contains("403 Forbidden"))
                } else {
                    #expect(none.hasSuffix("names: ."))
                }
            }
        }
    }

    @Test("Where no certificate is asked for, none makes names")
    func notAsked() async throws {
        let certificates = try Certificates()
        try certificates.issue("gateway-1", by: "ca", purpose: "clientAuth", names: "DNS:gateway-1.edge")
        try await withServer(try Self.configuration(certificates, .none), handler: Self.names) { _, port in
            let offered = try certificates.request(port: port, as: "gateway-1")
            #expect(offered.hasSuffix("names: ."))
            let old = try certificates.request(
                port: port, as: nil, options: "-tls1_1 -cipher DEFAULT@SECLEVEL=0")
            #expect(old.isEmpty)
        }
    }

    @Test("Who speaks plainly to TLS, or begins it and stops, is cut off")
    func plain() async throws {
        let certificates = try Certificates()
        var configuration = try Self.configuration(certificates, .none)
        configuration.limits.headTime = .milliseconds(300)
        try await withServer(configuration, handler: Self.names) { server, port in
            let plain = try Client(port: port)
            try plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try plain.rest()
            #expect(!String(decoding: answer, as: UTF8.self).contains("200"))
            let begun = try Client(port: port)
            try begun.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            #expect(try begun.isClosed())
            #expect(eventually { server.gauges.connections == 0 })
        }
    }

    @Test("Deferred answers, watches and streams go through TLS")
    func kinds() async throws {
        let certificates = try Certificates()
        let kind = Shared(0)
        try await withServer(try Self.configuration(certificates, .none)) { _ in
            switch kind.value {
            case 0: .deferred(bodyBytesMax: 0) { _ in Response(text: "deferred") }
            case 1:
                .watch(
                    Watch(signal: Signal(), deadline: .now + .milliseconds(50)) {
                        $0 == .ended ? .answer(Response(text: "watched")) : nil
                    })
            case 2: .answer(Response(.ok, body: .shared(SharedBytes(Array(repeating: 65, count: 3 << 20)))))
            default:
                .answer(
                    Response(.ok, body: .stream { try await $0.write(Array(repeating: 66, count: 3 << 20)) }))
            }
        } _: { _, port in
            let deferred = try certificates.request(port: port, as: nil)
            #expect(deferred.hasSuffix("deferred"))
            kind.change { $0 = 1 }
            let watched = try certificates.request(port: port, as: nil)
            #expect(watched.hasSuffix("watched"))
            kind.change { $0 = 2 }
            let shared = try certificates.request(port: port, as: nil)
            #expect(shared.utf8.count { $0 == 65 } >= 3 << 20)
            kind.change { $0 = 3 }
            let stream = try certificates.request(port: port, as: nil)
            #expect(stream.utf8.count { $0 == 66 } >= 3 << 20)
        }
    }
}
