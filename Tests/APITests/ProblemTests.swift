import HTTP
import JSON
import Registry
import Testing

@testable import API

@Suite("Problems")
struct ProblemTests {
    @Test(
        "every code has a status of its family, a title, and the headers that go with it",
        arguments: ErrorCode.allCases)
    func codes(_ code: ErrorCode) async throws {
        let answer = try await Answer(Problem.response(RegistryError(code, "Why."), requestID: "r-1"))
        #expect((400...599).contains(answer.status))
        #expect(answer.fields[.contentType] == "application/problem+json")
        #expect(answer.fields[.xRequestID] == "r-1")
        #expect(try answer["title"]?.string?.isEmpty == false)
        #expect(try answer["type"] == .string("https://titan.invalid/problems/\(code.rawValue)"))
        #expect(try answer["status"] == .integer(Int64(answer.status)))
        #expect(try answer["requestId"] == "r-1")
        #expect((answer.fields[.wwwAuthenticate] != nil) == (code == .unauthenticated))
        let isTemporary = [.overloaded, .stopping, .tooManyRequests, .diskFull].contains(code)
        #expect((answer.fields[.retryAfter] != nil) == isTemporary)
        #expect(
            try Contract.served.get().faults(
                of: try answer.json, schema: ["$ref": "#/components/schemas/Problem"]) == [])
    }

    @Test("no two codes share a title")
    func titles() {
        #expect(Set(ErrorCode.allCases.map(Problem.title(of:))).count == ErrorCode.allCases.count)
    }

    @Test("fields, blockers and next steps are shown where there are any")
    func members() async throws {
        let bare = try await Answer(Problem.response(RegistryError(.inUse, "Why."), requestID: "r"))
        for member in ["errors", "blockers", "nextSteps"] { #expect(try bare[member] == nil) }
        let error = RegistryError(
            .inUse, "Why.", errors: [FieldError("a.b", "is wrong")],
            blockers: [Blocker(kind: "cell", id: "cell-1", message: "is in the way")], nextSteps: ["move it"])
        let answer = try await Answer(Problem.response(error, requestID: "r"))
        #expect(try answer["errors"] == [["field": "a.b", "message": "is wrong"]])
        #expect(try answer["blockers"] == [["kind": "cell", "id": "cell-1", "message": "is in the way"]])
        #expect(try answer["nextSteps"] == ["move it"])
    }

    @Test("a problem that nobody has named gets a name of its own")
    func unnamed() async throws {
        let first = try await Answer(Problem.response(RegistryError(.malformedRequest, "")))
        let second = try await Answer(Problem.response(RegistryError(.malformedRequest, "")))
        #expect(first.fields[.xRequestID] != second.fields[.xRequestID])
        #expect(try first["requestId"]?.string == first.fields[.xRequestID])
    }
}
