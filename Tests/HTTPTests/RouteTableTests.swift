import HTTP
import Testing

@Suite("Route table")
struct RouteTableTests {
    private let table = RouteTable<String>([
        (.get, "/v1/cells", "list"),
        (.post, "/v1/cells", "create"),
        (.get, "/v1/cells/{cell}", "get"),
        (.put, "/v1/cells/{cell}", "put"),
        (.post, "/v1/cells/{cell}:drain", "drain"),
        (.post, "/v1/cells:import", "import"),
        (.get, "/v1/cells/{cell}/tenants", "tenants"),
        (.post, "/v1/rollouts/{rollout}/cells/{cell}:report", "report"),
        (.post, "/v3/discovery:clusters", "clusters"),
        (.get, "/openapi.yaml", "openapi"),
    ])

    private func match(_ method: Method, _ path: String) -> String {
        switch table.match(method, path: Array(path.utf8)) {
        case .found(let value, let parameters): told(value, parameters)
        case .wrongMethod(let allowed): allowed.map(\.rawValue).joined(separator: ",")
        case .notFound: "404"
        case .malformedPath: "400"
        }
    }

    /// The parameters as text and as bytes, which must be the same.
    private func told(_ value: String, _ parameters: PathParameters) -> String {
        let texts = (0..<parameters.count).map { parameters[$0] }
        for (index, text) in texts.enumerated() {
            #expect(parameters.withBytes(index) { Array($0) } == Array(text.utf8))
        }
        return ([value] + texts).joined(separator: " ")
    }

    @Test(
        "Paths find their routes",
        arguments: [
            ("GET", "/v1/cells", "list"),
            ("HEAD", "/v1/cells", "list"),
            ("POST", "/v1/cells", "create"),
            ("GET", "/v1/cells/cell-1", "get cell-1"),
            ("GET", "/v1/cells/a%2Fb", "get a/b"),
            ("GET", "/v1/cells/%C3%A9", "get é"),
            ("PUT", "/v1/cells/a%3Adrain", "put a:drain"),
            ("POST", "/v1/cells/a%3Ab:drain", "drain a:b"),
            ("POST", "/v1/cells/a:b:drain", "drain a:b"),
            ("POST", "/v1/cells:import", "import"),
            ("GET", "/v1/cells/a:b/tenants", "tenants a:b"),
            ("POST", "/v1/rollouts/r/cells/c:report", "report r c"),
            ("POST", "/v1/rollouts/r%20s/cells/c:report", "report r s c"),
            ("POST", "/v3/discovery:clusters", "clusters"),
            ("GET", "/openapi.yaml", "openapi"),
            ("POST", "/v1/cells/c1", "GET,HEAD,PUT"),
            ("GET", "/v1/cells/c1:drain", "POST"),
            ("DELETE", "/v1/cells", "GET,HEAD,POST"),
            ("GET", "/", "404"),
            ("GET", "", "404"),
            ("GET", "/v1", "404"),
            ("GET", "/v1/cell", "404"),
            ("GET", "/v1/cells/", "404"),
            ("GET", "//v1/cells", "404"),
            ("GET", "/v1/cells/c1/tenants/t", "404"),
            ("GET", "/v1/cells:", "404"),
            ("POST", "/v1/cells/c1:", "404"),
            ("POST", "/v1/cells/c1:undrain", "404"),
            ("POST", "/v1/cells/:drain", "404"),
            ("POST", "/v1/cells%3Aimport", "404"),
            ("GET", "/v1/cells/%zz", "400"),
            ("GET", "/v1/cells/%ff", "400"),
        ])
    func paths(method: String, path: String, expected: String) throws {
        #expect(match(try #require(Method(rawValue: method)), path) == expected)
    }

    @Test("Templates that hide each other, come twice or are malformed are refused")
    func ambiguous() async {
        await #expect(processExitsWith: .failure) {
            _ = RouteTable([(.get, "/a/{b}", 1), (.get, "/a/c", 2)])
        }
        await #expect(processExitsWith: .failure) {
            _ = RouteTable([(.get, "/a/c", 1), (.get, "/a/{b}", 2)])
        }
        await #expect(processExitsWith: .failure) {
            _ = RouteTable([(.get, "/a/{b}:x", 1), (.get, "/a/{c}:x", 2)])
        }
        await #expect(processExitsWith: .failure) { _ = RouteTable([(.get, "a", 1)]) }
        await #expect(processExitsWith: .failure) { _ = RouteTable([(.get, "/a//b", 1)]) }
        await #expect(processExitsWith: .failure) { _ = RouteTable([(.get, "/a/{b", 1)]) }
        await #expect(processExitsWith: .failure) { _ = RouteTable([(.get, "/{a}/{b}/{c}/{d}", 1)]) }
    }
}
