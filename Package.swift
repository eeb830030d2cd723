// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: language mode 6, and a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The targets that speak to C: every unsafe use must be marked.
let adapter: [SwiftSetting] = strict + [.strictMemorySafety()]

let package = Package(
    name: "titan-control-plane",
    products: [
        .executable(name: "control-plane", targets: ["control-plane"]),
        .executable(name: "cellctl", targets: ["cellctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C libraries, each spoken to by one target alone.
        .target(
            name: "CMicroHTTPD", linkerSettings: [.linkedLibrary("microhttpd"), .linkedLibrary("gnutls")]),
        .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CCompression", linkerSettings: [.linkedLibrary("z"), .linkedLibrary("zstd")]),

        // openapi.yaml, embedded.
        .target(name: "COpenAPI"),

        // Technology rooms: they know nothing of cells.
        .target(name: "JSON", swiftSettings: strict),
        .target(name: "Compression", dependencies: ["CCompression"], swiftSettings: adapter),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: adapter),
        .target(name: "Bytes", swiftSettings: strict),
        .target(name: "HTTP", dependencies: ["Bytes"], swiftSettings: strict),
        .target(
            name: "HTTPServer", dependencies: ["Bytes", "HTTP", "Compression", "CMicroHTTPD"],
            swiftSettings: adapter),
        .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: adapter),
        .target(
            name: "Telemetry",
            dependencies: ["JSON", "HTTPClient", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),

        .target(
            name: "ObjectStorage",
            dependencies: ["HTTPClient", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(name: "Kubernetes", dependencies: ["HTTPClient", "JSON"], swiftSettings: strict),

        // The domain and what is built on it.
        .target(
            name: "Migrations", path: "Migrations", exclude: ["README.md"],
            resources: [
                .embedInCode("0001_registry.sql"), .embedInCode("0002_moves.sql"),
                .embedInCode("0003_rollouts.sql"),
                .embedInCode("0004_webhooks.sql"),
                .embedInCode("0005_backups.sql"),
            ],
            swiftSettings: strict),
        .target(name: "Registry", dependencies: ["JSON"], swiftSettings: strict),
        .target(
            name: "Store",
            dependencies: [
                "Registry", "SQLite", "Migrations", "JSON", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "ControlPlane",
            dependencies: [
                "Store", "Registry", "Bytes", "JSON", "Compression", "HTTPClient", "Kubernetes",
                "ObjectStorage", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "API",
            dependencies: [
                "ControlPlane", "Registry", "Bytes", "HTTP", "JSON", "Compression", "Telemetry", "COpenAPI",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // The two programs.
        .executableTarget(
            name: "control-plane",
            dependencies: [
                "API", "Bytes", "Compression", "ControlPlane", "HTTP", "HTTPServer", "JSON", "Kubernetes",
                "ObjectStorage", "Registry", "SQLite",
                "Store", "Telemetry",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "cellctl",
            dependencies: [
                "HTTPClient", "JSON", "Registry",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),

        // Optimised for the simulation, as that is.
        .target(
            name: "TestRandom", path: "Tests/TestRandom", swiftSettings: strict + [.unsafeFlags(["-O"])]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
        .testTarget(name: "CompressionTests", dependencies: ["Compression"], swiftSettings: strict),
        .target(
            name: "CSQLiteFaults", path: "Tests/CSQLiteFaults", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "CSQLiteFaults"], swiftSettings: strict),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP"], swiftSettings: strict),
        .testTarget(
            name: "HTTPServerTests", dependencies: ["HTTPServer", "HTTP", "Bytes"], swiftSettings: strict),
        .target(name: "HTTPTestServer", path: "Tests/HTTPTestServer", swiftSettings: strict),
        .testTarget(
            name: "HTTPClientTests", dependencies: ["HTTPClient", "HTTPTestServer"], swiftSettings: strict),
        .target(
            name: "FakeKubernetes", dependencies: ["HTTPTestServer", "JSON"], path: "Tests/FakeKubernetes",
            swiftSettings: strict),
        .testTarget(
            name: "KubernetesTests",
            dependencies: ["Kubernetes", "FakeKubernetes", "HTTPTestServer", "HTTPClient", "JSON"],
            swiftSettings: strict),
        .testTarget(
            name: "ObjectStorageTests",
            dependencies: [
                "ObjectStorage", "HTTPClient", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", "JSON", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(
            name: "RegistryTests", dependencies: ["Registry", "JSON", "TestRandom"], exclude: ["Golden"],
            swiftSettings: strict),
        .testTarget(
            name: "StoreTests", dependencies: ["Store", "Registry", "SQLite", "JSON", "TestRandom"],
            exclude: ["Golden"],
            swiftSettings: strict),
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "ControlPlane", "Store", "SQLite", "Registry", "Bytes", "JSON", "Compression", "HTTPClient",
                "HTTPTestServer", "TestRandom", "Kubernetes", "FakeKubernetes", "ObjectStorage",
            ],
            swiftSettings: strict),
        // Optimised in debug builds too: it runs schedules by the ten thousand.
        .testTarget(
            name: "SimulationTests",
            dependencies: ["ControlPlane", "Store", "Registry", "JSON", "TestRandom"],
            swiftSettings: strict + [.unsafeFlags(["-O"])]),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "Bytes", "Compression", "ControlPlane", "HTTP", "JSON", "Registry", "Store",
                "Telemetry",
                .product(name: "Logging", package: "swift-log"), .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "CellctlTests",
            dependencies: [
                "cellctl", "HTTPClient", "JSON", "Registry",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .testTarget(name: "EndToEndTests", dependencies: ["HTTPClient", "JSON"], swiftSettings: strict),
    ]
)
