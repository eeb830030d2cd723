import ArgumentParser
import Foundation
import ObjectStorage

/// How a place for backups is reached.
struct StorageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The S3 service of s3:// places, where it is not Amazon's: http://minio:9000. The bucket is then part of the path.",
            valueName: "url"))
    var s3Endpoint: String?

    @Option(help: "The region that requests are signed for (AWS_REGION; default us-east-1).")
    var s3Region: String?

    @Option(
        help: ArgumentHelp(
            "Folder with the files access-key-id, secret-access-key and, if there is one, session-token, read for each backup, in place of AWS_ACCESS_KEY_ID and the like.",
            valueName: "folder"))
    var s3CredentialsDir: String?

    /// - Parameter option: the one that the text was given by, for what is wrong with it.
    func storage(_ text: String, _ option: String) throws -> any ObjectStorage {
        guard let location = StorageLocation(text) else {
            throw ValidationError("\(option) must be a folder or s3://bucket/prefix, not '\(text)'.")
        }
        switch location {
        case .folder(let path): return FolderStorage(path: path)
        case .s3(let bucket, let prefix):
            do {
                return try S3Storage(bucket: bucket, prefix: prefix, settings())
            } catch let error as StorageError {
                throw ValidationError("\(option): \(error)")
            }
        }
    }

    private func settings() throws -> S3Settings {
        let environment = ProcessInfo.processInfo.environment
        let folder = s3CredentialsDir ?? Environment["S3_CREDENTIALS_DIR"]
        return try S3Settings(
            endpoint: s3Endpoint ?? Environment["S3_ENDPOINT"],
            region: s3Region ?? Environment["S3_REGION"] ?? environment["AWS_REGION"] ?? "us-east-1",
            credentials: folder.map { .folder($0) }
                ?? .fixed(
                    keyID: environment["AWS_ACCESS_KEY_ID"] ?? "",
                    secret: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
                    sessionToken: environment["AWS_SESSION_TOKEN"]))
    }
}
