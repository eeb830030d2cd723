import ArgumentParser

enum GatewayResource: Resource {
    static let noun = Noun(
        "gateway", plural: "gateways", path: "/v1/gateways",
        columns: [
            Column("NAME", "id"), Column("LIVE", "live", .yesNo), Column("APPLIED", "applied"),
            Column("LAG", "lag", .number), Column("CONTACT", "lastContactAt", .age), Column("ERROR", "error"),
            Column("LEASE UNTIL", "leaseExpiresAt", wide: true),
            Column("REGISTERED", "registeredAt", wide: true),
            Column("DIGEST", "digest", wide: true),
        ])
}

struct Gateways: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The edge gateways: what each has applied, and when it was last heard of.",
        subcommands: [List<GatewayResource>.self, Get<GatewayResource>.self, Delete<GatewayResource>.self])
}
