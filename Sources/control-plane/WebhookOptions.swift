import ArgumentParser
import ControlPlane
import Foundation
import Registry

/// Whom the server may call by webhook, and what it signs those calls with.
struct WebhookOptions: ParsableArguments {
    @Option(
        help:
            "File with the secret that webhooks are signed with, 32 to 4096 bytes. Without one there are no webhooks."
    )
    var webhookSecretFile: String?

    @Option(
        help: ArgumentHelp(
            "Destination outside the public internet, or without TLS, that webhooks may go to: a name, an address or a network, with :PORT for one port alone. Repeat it, or separate by commas.",
            valueName: "host[:port]"))
    var webhookAllow: [String] = []

    private var secretFile: String? { webhookSecretFile ?? Environment["WEBHOOK_SECRET_FILE"] }

    func settings() throws -> WebhookSettings {
        let entries = webhookAllow.isEmpty ? [Environment["WEBHOOK_ALLOW"] ?? ""] : webhookAllow
        let allow = entries.flatMap { $0.split(separator: ",") }
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        do {
            return try WebhookSettings(secret: try secretFile.map(Self.readSecret), allow: allow)
        } catch let error as RegistryError {
            throw ValidationError("--webhook-allow: \(error.detail)")
        }
    }

    /// The secret's file, where every user of the machine can read it.
    var exposedSecretFile: String? {
        var status = stat()
        guard let secretFile, stat(secretFile, &status) == 0 else { return nil }
        return status.st_mode & 0o004 == 0 ? nil : secretFile
    }

    private static func readSecret(_ path: String) throws -> WebhookSecret {
        // One byte more than there may be is read, so that a large file is known for one.
        guard let file = FileHandle(forReadingAtPath: path),
            let content = try? file.read(upToCount: Limits.webhookSecretBytesMax + 3)
        else { throw ValidationError("--webhook-secret-file: can't read \(path), or it is empty.") }
        do {
            return try WebhookSecret(Array(content))
        } catch {
            throw ValidationError(
                "--webhook-secret-file: \(error.detail) `openssl rand -hex 32` makes one.")
        }
    }
}
