import Testing

@testable import Telemetry

@Suite("Family")
struct FamilyTests {
    private func counters(childrenMax: Int = 100) -> CounterFamily {
        CounterFamily(labels: ["operation", "status"], childrenMax: childrenMax) { Counter() }
    }

    @Test("The same values give the same child")
    func same() {
        let family = counters()
        family["getCell", "200"].add()
        family["getCell", "200"].add()
        family["getCell", "404"].add()
        let all = family.all()
        #expect(
            all.map(\.labels) == [#"operation="getCell",status="200""#, #"operation="getCell",status="404""#])
        #expect(all.map(\.child.value) == [2, 1])
    }

    @Test("Past its limit new values share a child named other, and old ones keep theirs")
    func limit() {
        let family = counters(childrenMax: 2)
        for status in ["200", "404", "500", "503", "200"] { family["getCell", status].add() }
        let all = family.all()
        #expect(
            all.map(\.labels) == [
                #"operation="getCell",status="200""#, #"operation="getCell",status="404""#,
                #"operation="other",status="other""#,
            ])
        #expect(all.map(\.child.value) == [2, 1, 2])
    }

    @Test("Replacing forgets what is gone, and adds up what has the same values or no room")
    func replace() {
        let family = GaugeFamily(labels: ["cell"], childrenMax: 2) { Gauge() }
        family["gone"].set(1)
        family.replaceAll([(["a"], 1), (["a"], 2), (["b"], 4), (["c"], 8), (["d"], 16)])
        #expect(family.all().map(\.labels) == [#"cell="a""#, #"cell="b""#, #"cell="other""#])
        #expect(family.all().map(\.child.value) == [3, 4, 24])
    }

    @Test("Children are made once, whoever asks first")
    func concurrent() async {
        let family = counters()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for status in 0..<500 { family["getCell", "\(status % 50)"].add() }
                    _ = family.all()
                }
            }
        }
        #expect(family.all().count == 50)
        #expect(family.all().allSatisfy { $0.child.value == 80 })
    }
}
