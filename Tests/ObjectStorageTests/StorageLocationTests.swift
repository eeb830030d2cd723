import Testing

@testable import ObjectStorage

@Suite struct StorageLocationTests {
    @Test func aBucketsPrefixHasNoSlashAroundIt() {
        #expect(StorageLocation("s3://titan") == .s3(bucket: "titan", prefix: ""))
        #expect(StorageLocation("s3://titan/a//b/") == .s3(bucket: "titan", prefix: "a/b"))
        #expect(StorageLocation("s3://titan/a/b")?.description == "s3://titan/a/b")
        #expect(StorageLocation("/backups") == .folder("/backups"))
    }

    @Test(arguments: [
        "", "s3://", "s3://ab", "s3://Titan/x", "s3://a..b", "s3://titan/../x", "gs://titan", "s3://ti_tan",
    ])
    func whatIsNoPlaceIsRefused(_ text: String) { #expect(StorageLocation(text) == nil) }

    @Test func aRegionAndAnEndpointAreChecked() {
        let keys = S3Settings.Credentials.fixed(keyID: "AK", secret: "s", sessionToken: nil)
        for endpoint in ["ftp://x", "http://u@x", "http://x/path", "x:9000"] {
            #expect(throws: StorageError.self) {
                try S3Settings(endpoint: endpoint, region: "r", credentials: keys)
            }
        }
        #expect(throws: StorageError.self) {
            try S3Settings(endpoint: nil, region: "eu west", credentials: keys)
        }
        #expect(throws: StorageError.self) {
            try S3Settings(
                endpoint: nil, region: "r", credentials: .fixed(keyID: "AK", secret: "", sessionToken: nil))
        }
        let amazon = try? S3Settings(endpoint: nil, region: "eu-west-1", credentials: keys)
        #expect(amazon?.base(of: "titan") == "https://titan.s3.eu-west-1.amazonaws.com")
    }
}
