import ControlPlane
import Foundation
import HTTPClient
import Registry
import Testing

let secretText = "correct horse battery staple, 32 bytes and more"

/// A mover that may call the test's own server.
///
/// - now: milliseconds since 1970.
func webhookMover(
    _ url: String, now: Int64 = 1_769_860_990_000, random: Double = 0, timeLimits: TimeLimits? = nil,
    allow: String = "127.0.0.0/8"
) throws -> WebhookMover {
    let clock = Clock(now: { Timestamp(rawValue: now) }, uptime: { .now })
    return WebhookMover(
        url: url, webhook: try signedWebhook(timeLimits: timeLimits, allow: allow), clock: clock,
        random: { random })
}

func signedWebhook(timeLimits: TimeLimits? = nil, allow: String = "127.0.0.0/8") throws -> SignedWebhook {
    var configuration = ClientConfiguration()
    configuration.allowsPlainHTTP = true
    configuration.destinations = .publicOnly(allow: [try #require(AllowedDestination(allow))])
    configuration.responseBytesMax = Limits.webhookAnswerBytesMax
    return SignedWebhook(
        secret: try WebhookSecret(Array(secretText.utf8)), client: HTTPClient(configuration),
        timeLimits: timeLimits ?? TimeLimits(totalSeconds: 60))
}

func moverCall(_ phase: MoverPhase, attempt: Int64 = 1) -> MoverCall {
    MoverCall(
        migration: "migration-k3v7q2mzt5xa", batch: 3, phase: phase, attempt: attempt,
        source: CellID("cell-1")!,
        tenants: [
            .init(tenant: TenantID("acme")!, target: CellID("cell-2")!, epoch: Epoch(rawValue: 4)),
            .init(tenant: TenantID("é \"x\"")!, target: CellID("cell-3")!, epoch: .first),
        ])
}

func opensslHMAC(_ bytes: [UInt8], key: String) throws -> String {
    try opensslHMAC(bytes, key: Array(key.utf8))
}

/// The hex HMAC-SHA256 by the `openssl` program.
func opensslHMAC(_ bytes: [UInt8], key: [UInt8]) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let hex = key.map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
        "openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hex)", "-r", file.path,
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return String(try #require(text.split(separator: " ").first))
}
