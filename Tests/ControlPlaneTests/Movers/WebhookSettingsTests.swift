import ControlPlane
import HTTPTestServer
import Registry
import Testing

@Suite("Webhook settings")
struct WebhookSettingsTests {
    @Test(
        "an entry that allows nothing is refused by name",
        arguments: ["http://copier/", "10.0.0.1/8", "a:99999", "*"])
    func entries(_ text: String) {
        let error = #expect(throws: RegistryError.self) { try WebhookSettings(allow: ["copier", text]) }
        #expect(error?.detail.contains("'\(text)'") == true)
    }

    @Test("a list without end is refused")
    func entriesMax() throws {
        let most = (0..<Limits.webhookAllowedMax).map { "copier-\($0)" }
        _ = try WebhookSettings(allow: most)
        #expect(throws: RegistryError.self) { try WebhookSettings(allow: most + ["copier"]) }
    }

    @Test(
        "what this server may call is taken",
        arguments: [
            "https://copier.example/titan", "https://93.184.215.14/", "http://copier.titan.internal:8080/",
            "https://copier.titan.internal:8080/", "https://10.1.2.3/", "http://10.1.2.3:81/",
            "https://[fd00::7]:8443/",
        ])
    func allowed(_ url: String) throws { try settings().check(.webhook(url: url)) }

    @Test(
        "what it may not call is refused with the entry that would allow it",
        arguments: [
            ("http://copier.titan.internal/", "copier.titan.internal:80"),
            ("https://10.2.0.1/", "10.2.0.1:443"), ("https://0x0A020001:8443/", "10.2.0.1:8443"),
            ("https://[::1]/", "[::1]:443"), ("https://127.1/", "127.0.0.1:443"),
            ("https://169.254.169.254/latest", "169.254.169.254:443"),
            ("https://[fd00::7]/", "[fd00::7]:443"),
        ])
    func refused(_ url: String, _ entry: String) throws {
        let error = #expect(throws: RegistryError.self) {
            try WebhookSettings(
                secret: try WebhookSecret(Array(secretText.utf8)),
                allow: ["copier.titan.internal:8080", "[fd00::7]:8443"]
            ).check(.webhook(url: url))
        }
        #expect(error?.code == .stateConflict)
        #expect(error?.errors.map(\.field) == ["mover.url"])
        #expect(error?.nextSteps.first?.contains("--webhook-allow \(entry)") == true)
        // What it says to add is what helps.
        try WebhookSettings(secret: try WebhookSecret(Array(secretText.utf8)), allow: [entry])
            .check(.webhook(url: url))
    }

    @Test("plain http to the public internet is refused, and so is this machine by name")
    func plain() throws {
        for url in ["http://93.184.215.14/", "https://localhost/", "https://copier.localhost/"] {
            let error = #expect(throws: RegistryError.self, "\(url)") {
                try settings().check(.webhook(url: url))
            }
            #expect(error?.errors.map(\.field) == ["mover.url"])
        }
    }

    @Test("without a secret no webhook is taken, and no mover needs none")
    func noSecret() throws {
        let error = #expect(throws: RegistryError.self) {
            try WebhookSettings.none.check(.webhook(url: "https://copier.example/"), field: "spec.mover")
        }
        #expect(error?.errors.map(\.field) == ["spec.mover.type"])
        #expect(error?.nextSteps.first?.contains("--webhook-secret-file") == true)
        try WebhookSettings.none.check(.none)
    }

    @Test("the movers of a server are those that its settings make")
    func movers() async throws {
        let clock = Clock(now: { Timestamp(rawValue: 0) }, uptime: { .now })
        let bare = Movers(.none, clock: clock)
        for phase in MoverPhase.allCases {
            #expect(await bare.mover(for: .none).call(moverCall(phase)) == .done(message: ""))
        }
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"done"}"#)) }) {
            server async throws in
            let spec = MoverSpec.webhook(url: server.url)
            let secret = try WebhookSecret(Array(secretText.utf8))
            let allowing = try WebhookSettings(secret: secret, allow: ["127.0.0.1:\(server.port)"])
            let closed = try WebhookSettings(secret: secret)
            #expect(
                await Movers(allowing, clock: clock).mover(for: spec).call(moverCall(.copy))
                    == .done(message: ""))
            // A server that was started anew with less: its migrations wait, and say for what.
            for (movers, setting) in [
                (bare, "--webhook-secret-file"), (Movers(closed, clock: clock), "--webhook-allow"),
            ] {
                guard case .unreachable(let message, _) = await movers.mover(for: spec).call(moverCall(.copy))
                else {
                    Issue.record("it was called")
                    continue
                }
                #expect(message.contains(setting))
            }
            #expect(server.received.count == 1)
        }
    }

    private func settings() throws -> WebhookSettings {
        try WebhookSettings(
            secret: try WebhookSecret(Array(secretText.utf8)),
            allow: ["copier.titan.internal:8080", "10.1.0.0/16:443", "10.1.2.3:81", "[fd00::7]:8443"])
    }
}
