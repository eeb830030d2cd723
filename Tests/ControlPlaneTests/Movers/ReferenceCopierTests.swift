import ControlPlane
import Foundation
import Registry
import Testing

/// The two sides of docs/movers.md against each other.
@Suite("Reference copier")
struct ReferenceCopierTests {
    @Test("it understands each phase that it is asked for, and moves the data")
    func phases() async throws {
        try await ReferenceCopier.run { copier async throws in
            try copier.write("cell-1/acme/orders", "paid")
            let mover = try copier.mover()
            for phase in [MoverPhase.prepare, .copy, .catchUp, .finalCopy] {
                let outcome = await mover.call(copier.call(phase))
                #expect(outcome == .done(message: "1 of 1 tenants"), "\(phase)")
            }
            #expect(copier.read("cell-2/acme/orders") == "paid")
            #expect(await mover.call(copier.call(.finalCopy)) == .done(message: ""), "asked again")
            #expect(await mover.call(copier.call(.cleanup)) == .done(message: "1 of 1 tenants"))
            #expect(copier.read("cell-1/acme/orders") == nil)
            #expect(copier.read("cell-2/acme/orders") == "paid")
            #expect(
                await mover.call(copier.call(.undo))
                    == .failed(message: "The copier answered 409. cleanup came before"))
        }
    }

    @Test("it says that it can't, and refuses whoever has another secret")
    func refusals() async throws {
        try await ReferenceCopier.run { copier async throws in
            #expect(
                try await copier.mover().call(copier.call(.prepare))
                    == .failed(message: "the source has no data of a tenant"))
            let stranger = try copier.mover(secret: secretText.uppercased())
            #expect(
                await stranger.call(copier.call(.prepare))
                    == .failed(message: "The copier answered 401. the signature is not right"))
        }
    }
}

/// The example as a process, with two cells in a folder of its own.
private struct ReferenceCopier {
    let folder: URL
    let port: Int

    static func run(_ body: (ReferenceCopier) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for cell in ["cell-1", "cell-2"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(cell), withIntermediateDirectories: true)
        }
        let secret = folder.appendingPathComponent("secret")
        try Data("\(secretText)\n".utf8).write(to: secret)
        let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../Examples/mover/titan_mover.py")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", program.path, "--root", folder.path, "--secret-file", secret.path, "--listen",
            "127.0.0.1:0",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer {
            // It may have inherited a mask without SIGTERM: threads of the pool block signals.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        // `listening on 127.0.0.1:12345`, or nothing where it did not start.
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(line.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) })
        try await body(ReferenceCopier(folder: folder, port: port))
    }

    func mover(secret: String = secretText) throws -> any Mover {
        let settings = try WebhookSettings(
            secret: try WebhookSecret(Array(secret.utf8)), allow: ["127.0.0.1:\(port)"])
        // The copier's own clock must agree.
        let clock = Clock(
            now: { Timestamp(rawValue: Int64(Date().timeIntervalSince1970 * 1000)) }, uptime: { .now })
        return Movers(settings, clock: clock).mover(for: .webhook(url: "http://127.0.0.1:\(port)/titan"))
    }

    func call(_ phase: MoverPhase) -> MoverCall {
        var call = moverCall(phase)
        call.tenants = Array(call.tenants.prefix(1))
        return call
    }

    func write(_ path: String, _ text: String) throws {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func read(_ path: String) -> String? {
        (try? Data(contentsOf: folder.appendingPathComponent(path))).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
