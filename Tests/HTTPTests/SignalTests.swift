import HTTP
import Synchronization
import Testing

@Suite("Signal")
struct SignalTests {
    @Test("Each listener hears each firing until it is removed")
    func listeners() {
        let signal = Signal()
        let heard = Mutex([0, 0])
        let first = signal.onFire { heard.withLock { $0[0] += 1 } }
        signal.onFire { heard.withLock { $0[1] += 1 } }
        signal.fire()
        signal.remove(first)
        signal.fire()
        #expect(heard.withLock { $0 } == [1, 2])
    }
}
