import Testing

@testable import HTTPClient

@Suite struct IPAddressTests {
    @Test(
        "The public internet is public",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
            "126.255.255.255", "128.0.0.0",
            "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
            "192.169.0.0", "198.17.255.255",
            "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "2001:200::1", "2400::1",
        ])
    func publicAddresses(_ text: String) throws {
        #expect(try #require(IPAddress(text)).isPublic)
    }

    @Test(
        "Every other network is not",
        arguments: [
            "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
            "127.0.0.0", "127.255.255.255",
            "169.254.0.0", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0", "198.19.255.255", "203.0.113.5", "224.0.0.0", "240.0.0.1", "255.255.255.255", "::",
            "::1", "::ffff:8.8.8.8",
            "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
            "2002:808:808::", "3fff::1", "4000::1",
            "fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
        ])
    func otherAddresses(_ text: String) throws {
        #expect(!(try #require(IPAddress(text)).isPublic))
    }

    @Test("One notation of each address is read and written")
    func notation() {
        for text in ["1.2.3.4", "::1", "2001:db8::ff"] { #expect(IPAddress(text)?.description == text) }
        for text in ["", "1.2.3", "1.2.3.04", "0x1.2.3.4", "1.2.3.4 ", "1.2.3.4\0", "::1%lo", "[::1]", "a"] {
            #expect(IPAddress(text) == nil, "\(text)")
        }
    }

    @Test("A network holds what begins with its bits")
    func networks() throws {
        let network = try #require(IPNetwork("10.32.0.0/11"))
        for (text, isInside) in [
            ("10.32.0.0", true), ("10.63.255.255", true), ("10.64.0.0", false), ("10.31.255.255", false),
        ] {
            #expect(network.contains(try #require(IPAddress(text))) == isInside, "\(text)")
        }
        #expect(try !#require(IPNetwork("0.0.0.0/0")).contains(#require(IPAddress("::1"))))
        #expect(try #require(IPNetwork("::/0")).contains(#require(IPAddress("fe80::1"))))
    }
}
