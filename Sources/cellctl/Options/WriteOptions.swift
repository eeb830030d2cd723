import ArgumentParser

/// What every write takes.
struct WriteOptions: ParsableArguments {
    @Flag(help: "Check everything, change nothing, and show what would change.")
    var dryRun = false

    @Option(help: ArgumentHelp("Only if the resource is still at this tag (its ETag).", valueName: "tag"))
    var ifMatch: String?

    @Option(help: ArgumentHelp("Only if the plan that a dry run named still holds.", valueName: "plan"))
    var ifPlanMatch: String?

    /// - Throws: `ValidationError` where a condition on one resource is said of several.
    func validate(for ids: [String]) throws {
        if ids.count > 1, ifMatch != nil || ifPlanMatch != nil {
            throw ValidationError("--if-match and --if-plan-match go with one id")
        }
    }

    func applied(to request: APIRequest) -> APIRequest {
        var request = request
        if dryRun { request.query.append(("dryRun", "true")) }
        if let ifMatch { request.fields.append(("If-Match", Self.quoted(ifMatch))) }
        if let ifPlanMatch { request.fields.append(("If-Plan-Match", ifPlanMatch)) }
        return request
    }

    /// An entity tag has quotes (RFC 9110 §8.8.3), which a shell eats.
    static func quoted(_ tag: String) -> String { tag == "*" || tag.hasPrefix("\"") ? tag : "\"\(tag)\"" }
}
