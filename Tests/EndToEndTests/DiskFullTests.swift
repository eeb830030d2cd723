import Foundation
import JSON
import Testing

extension EndToEndTests {
    /// A disk without room: reads go on, writes are refused as such, and nothing has to be restarted.
    @Suite struct DiskFullTests {
        let scratch: Scratch

        init() throws { scratch = try Scratch() }

        @Test func readsGoOnAndWritesResumeByThemselvesWhenThereIsRoom() throws {
            guard let disk = try SmallDisk(at: scratch.path, mebibytes: 24) else {
                return report("skipped: a tmpfs can't be mounted here")
            }
            defer { disk.unmount() }
            let folder = scratch.path + "/data"
            let server = try Server(folder)
            let admin = server.admin
            try admin.makeCell("cell-1")
            var written: [String: Int64] = [:]
            var refusals = Figures()
            var recoveries = Figures()
            var number = 0
            let reason = String(repeating: "x", count: 1_000)

            func write() throws -> Answer {
                number += 1
                let began = ContinuousClock.now
                let tenant = "t\(number)"
                let answer = try admin.send(
                    "PUT", "/v1/tenants/\(tenant)",
                    ["cell": "cell-1", "hosts": .array([.string("\(tenant).example")])],
                    fields: ["Audit-Reason": reason])
                if answer.status == 201 { written[tenant] = answer.revision }
                if answer.status == 507 { refusals.add(.now - began) }
                return answer
            }

            for fill in 1...Settings.fills {
                for _ in 0..<20 { #expect(try write().status == 201) }
                try disk.fill()
                // Some may still fit into the room that the log has.
                var refused: Answer?
                for _ in 0..<20_000 {
                    let answer = try write()
                    if answer.status != 201 { refused = answer; break }
                }
                let answer = try #require(refused, "the disk was never full")
                #expect(answer.status == 507 && answer.code == "diskFull", "\(answer.text)")
                #expect(answer[field: "Content-Type"] == "application/problem+json")
                #expect(answer[field: "Retry-After"].flatMap { Int($0) } ?? 0 > 0)

                // What was acknowledged is read; what was refused is not there; gateways are served.
                let refusedTenant = "t\(number)"
                #expect(try admin.send("GET", "/v1/tenants/\(refusedTenant)").status == 404)
                let last = try #require(written.keys.max { written[$0]! < written[$1]! })
                #expect(try admin.send("GET", "/v1/tenants/\(last)").revision == written[last])
                #expect(try server.anonymous.send("GET", "/v1/routes/\(last)").status == 200)
                #expect(try server.anonymous.send("GET", "/v1/routes/\(refusedTenant)").status == 404)
                let table = try server.anonymous.must("GET", "/v1/routing-table")
                #expect(table["tenants"]?.object?.count == written.count)
                #expect(try Client(server.healthURL).send("GET", "/health/live").status == 200)
                for _ in 0..<5 { #expect(try write().status == 507) }

                try disk.free()
                let freed = ContinuousClock.now
                let hasRecovered = try eventually(within: .seconds(10)) { try write().status == 201 }
                #expect(hasRecovered, "fill \(fill): writes did not resume")
                recoveries.add(.now - freed)
            }
            report("\(Settings.fills) times full: refused in \(refusals); writes resumed after \(recoveries)")

            // Nothing was restarted, and nothing is lost when it is.
            #expect(server.process.isRunning)
            try server.kill()
            let again = try Server(folder)
            for (tenant, revision) in written {
                #expect(try again.admin.send("GET", "/v1/tenants/\(tenant)").revision == revision)
            }
            #expect(try again.stop() == 0)
            #expect(try Server.problems(in: folder) == "")
        }

        @Test func itStopsInOrderOnAFullDisk() throws {
            guard let disk = try SmallDisk(at: scratch.path, mebibytes: 24) else {
                return report("skipped: a tmpfs can't be mounted here")
            }
            defer { disk.unmount() }
            let folder = scratch.path + "/data"
            let server = try Server(folder)
            try server.admin.makeCell("cell-1")
            try disk.fill()
            #expect(try server.stop() == 0)
            try disk.free()
            let again = try Server(folder)
            #expect(try again.admin.send("GET", "/v1/cells/cell-1").status == 200)
            #expect(try again.stop() == 0)
            #expect(try Server.problems(in: folder) == "")
        }
    }
}

/// A small file system in memory.
private struct SmallDisk {
    private let path: String
    private var ballast: String { path + "/ballast" }

    /// Nil where it may not be mounted.
    init?(at path: String, mebibytes: Int) throws {
        self.path = path
        guard getuid() == 0, let mount = Program.installed("mount") else { return nil }
        let ending = try mount.run(["-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=700", "tmpfs", path])
        guard ending.status == 0 else { return nil }
    }

    /// Takes all the room there is.
    func fill() throws {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("\(ballast) can't be opened") }
        defer { close(descriptor) }
        for length in [1 << 20, 4_096] {
            let zeros = [UInt8](repeating: 0, count: length)
            while write(descriptor, zeros, length) == length {}
        }
        guard errno == ENOSPC else {
            throw Failure("\(path) is not full: \(String(cString: strerror(errno)))")
        }
    }

    func free() throws {
        guard unlink(ballast) == 0 else { throw Failure("\(ballast) can't be removed") }
    }

    func unmount() { umount2(path, Int32(MNT_DETACH)) }
}
