import HTTPTestServer
import Testing

@testable import HTTPClient

@Suite struct DestinationPolicyTests {
    /// Ways to write an address that is not on the public internet.
    static let forbidden = [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "127.1",
        "127.0.1", "127.255.255.254",
        "0", "0.0.0.0", "localhost", "localhost.", "LOCALHOST", "①②⑦.⓪.⓪.①", "127。0。0。1", "[::1]", "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "[fe80::1]", "[fc00::1]",
        "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "169.254.169.254", "2852039166", "0xA9FEA9FE",
        "[::ffff:169.254.169.254]",
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1", "192.0.2.1",
        "224.0.0.1", "255.255.255.255",
    ]

    @Test("No spelling of an inner address is connected to", arguments: forbidden)
    func refuses(_ host: String) throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            let guarded = client { $0.destinations = .publicOnly() }
            let result = outcome(guarded, ClientRequest("GET", "http://\(host):\(server.port)/"))
            #expect(["refusedDestination", "badURL", "couldNotResolve"].contains(result))
            #expect(server.connectionsCount == 0)
        }
    }

    @Test("The plainest spellings are refused for what they are, by address")
    func namesTheAddress() throws {
        let guarded = client { $0.destinations = .publicOnly() }
        for host in ["2130706433", "0x7f.1", "0177.0.0.1", "127.1"] {
            let error = #expect(throws: ClientError.self) {
                try guarded.send(ClientRequest("GET", "http://\(host)/"))
            }
            guard case .refusedDestination(let message) = error else { throw try #require(error) }
            #expect(message.contains("is at 127.0.0.1"))
        }
    }

    @Test(
        "No trick with the parts of a URL hides its host",
        arguments: [
            "http://example.com@127.0.0.1:PORT/", "http://127.0.0.1:PORT#@example.com/",
            "http://127.0.0.1:PORT\\@example.com/",
            "http://example.com#@127.0.0.1:PORT/", "http://127.0.0.1:PORT?@example.com",
            "http:127.0.0.1:PORT/", "http:/127.0.0.1:PORT/",
            "http:///127.0.0.1:PORT/", "//127.0.0.1:PORT/", "http://[::1%25lo]:PORT/",
        ])
    func refusesTricks(_ url: String) throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            let guarded = client {
                $0.destinations = .publicOnly()
                $0.timeLimits = TimeLimits(connectSeconds: 0.5, totalSeconds: 1)
            }
            let target = url.split(separator: "PORT", omittingEmptySubsequences: false).joined(
                separator: "\(server.port)")
            #expect(!outcome(guarded, ClientRequest("GET", target)).hasPrefix("answered"))
            #expect(server.connectionsCount == 0)
        }
    }

    @Test("What the operator allows is called, by network, address or name, and nothing else")
    func allows() throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            func result(_ allowed: String, _ host: String) throws -> String {
                let entry = try #require(AllowedDestination(allowed))
                let guarded = client { $0.destinations = .publicOnly(allow: [entry]) }
                return outcome(guarded, ClientRequest("GET", "http://\(host):\(server.port)/"))
            }
            #expect(try result("127.0.0.0/8", "127.0.0.1") == "answered 200")
            #expect(try result("127.0.0.1", "127.1") == "answered 200")
            #expect(try result("localhost", "localhost") == "answered 200")
            #expect(try result("localhost", "LocalHost") == "answered 200")
            #expect(try result("localhost", "127.0.0.1") == "refusedDestination")
            #expect(try result("127.0.0.2", "127.0.0.1") == "refusedDestination")
            #expect(try result("10.0.0.0/8", "127.0.0.1") == "refusedDestination")
        }
    }

    @Test("Restricted calls keep no connection, so that each one is checked")
    func keepsNoConnection() throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            let entry = try #require(AllowedDestination("127.0.0.1"))
            let guarded = client { $0.destinations = .publicOnly(allow: [entry]) }
            for _ in 0..<3 { #expect(try guarded.send(ClientRequest("GET", server.url)).status == 200) }
            #expect(server.received.map(\.connection) == [0, 1, 2])
        }
    }

    @Test("An entry with a port allows that port alone")
    func allowsPort() throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            func result(_ allowed: String, _ host: String) throws -> String {
                let entry = try #require(AllowedDestination(allowed))
                let guarded = client { $0.destinations = .publicOnly(allow: [entry]) }
                return outcome(guarded, ClientRequest("GET", "http://\(host):\(server.port)/"))
            }
            for place in ["127.0.0.1", "127.0.0.0/8"] {
                #expect(try result("\(place):\(server.port)", "127.0.0.1") == "answered 200")
                #expect(try result("\(place):\(server.port - 1)", "127.0.0.1") == "refusedDestination")
            }
            #expect(try result("localhost:\(server.port)", "localhost") == "answered 200")
            #expect(try result("localhost:\(server.port - 1)", "localhost") == "refusedDestination")
        }
    }

    @Test("Plain http goes only where the operator allows it, public or not")
    func plainHTTP() throws {
        let address = try #require(IPAddress("93.184.215.14"))
        let entry = try #require(AllowedDestination("93.184.215.14:80"))
        for (url, isAllowed, isAllowedByEntry) in [
            ("https://93.184.215.14/", true, true), ("http://93.184.215.14/", false, true),
            ("http://93.184.215.14:81/", false, false),
        ] {
            let destination = try Destination(url)
            #expect(DestinationPolicy.publicOnly().allows(address, for: destination) == isAllowed)
            #expect(DestinationPolicy.publicOnly().mayAllow(destination) == isAllowed)
            let policy = DestinationPolicy.publicOnly(allow: [entry])
            #expect(policy.allows(address, for: destination) == isAllowedByEntry)
            #expect(DestinationPolicy.any.allows(address, for: destination))
        }
    }

    @Test("What can never be allowed shows in the URL, before any name is looked up")
    func mayAllow() throws {
        let policy = DestinationPolicy.publicOnly(
            allow: ["copier.titan.internal:8443", "10.1.0.0/16"].compactMap(AllowedDestination.init))
        for url in [
            "https://copier.example/", "http://copier.titan.internal:8443/", "https://10.1.2.3/",
            "http://0x0A010203/", "https://[2606:4700::1111]/", "http://name.within/",
        ] {
            #expect(policy.mayAllow(try Destination(url)), "\(url)")
        }
        for url in [
            "https://10.2.2.3/", "https://2130706433/", "https://127.1/", "https://[::1]/",
            "https://[::ffff:8.8.8.8]/", "https://169.254.169.254/",
        ] {
            #expect(!policy.mayAllow(try Destination(url)), "\(url)")
        }
        for url in [
            "https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "http://copier.example/",
        ] {
            #expect(!DestinationPolicy.publicOnly().mayAllow(try Destination(url)), "\(url)")
        }
        #expect(!policy.mayAllow(try Destination("https://localhost/")))
        for entry in ["127.0.0.0/8", "::1", "localhost", "localhost:443"] {
            let local = DestinationPolicy.publicOnly(allow: [entry].compactMap(AllowedDestination.init))
            #expect(local.mayAllow(try Destination("https://localhost/")), "\(entry)")
        }
        for url in ["ftp://copier.example/", "https://u:p@copier.example/", "copier", ""] {
            #expect(throws: ClientError.self, "\(url)") { try Destination(url) }
        }
        #expect(try Destination("https://0x7f.1/").description == "127.0.0.1:443")
    }

    @Test("An allow list takes names, addresses and networks, and nothing that could mean another thing")
    func readsAllowList() {
        for (text, port) in [("Copier.titan.internal", nil), ("copier.titan.internal:8443", 8443)]
            as [(_, UInt16?)]
        {
            let entry = AllowedDestination(text)
            #expect(entry?.place == .host("copier.titan.internal"))
            #expect(entry?.port == port)
        }
        for (text, port) in [
            ("10.0.0.0/8", nil), ("10.1.2.3", nil), ("fd00::/8", nil), ("::1", nil), ("0.0.0.0/0", nil),
            ("[::1]", nil), ("10.1.2.3:80", 80), ("10.0.0.0/8:65535", 65535), ("[fd00::7]:8443", 8443),
        ] as [(String, UInt16?)] {
            guard let entry = AllowedDestination(text), case .network = entry.place, entry.port == port else {
                Issue.record("\(text) is a network")
                continue
            }
        }
        for text in [
            "", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "10.0.0", "127.1",
            "0x7f.1", "a b", "http://a",
            "a:", "a:0", "a:080", "a:+80", "a:65536", "a:80:80", "*.a", ".a", "a.", "a..b", "a/8",
            "fe80::1/64",
            "fd00::/8:80", "[10.1.2.3]", "[::1", "::1]:80", "[a]:80", ":80", "a\0b",
        ] {
            #expect(AllowedDestination(text) == nil, "\(text)")
        }
    }
}
