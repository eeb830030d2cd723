import Dispatch
import Glibc

/// SIGTERM and SIGINT: the first one asks for an orderly end, a second one ends the process as usual.
///
/// Made before the server starts, so that none is lost on the way to the first answer: until a signal can be caught it
/// ends the process, which at that moment has nothing in flight; from then on it is kept until `first` is asked.
/// Nothing is set to `SIG_IGN`: Dispatch catches with a handler of its own, and to ignore the signal would take it away.
struct StopSignals {
    private let signals: AsyncStream<Void>
    private let sources: [(number: Int32, source: any DispatchSourceSignal)]

    init() {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        self.signals = signals
        sources = [SIGTERM, SIGINT].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.activate()
            return (number, source)
        }
    }

    /// Returns at the first of them.
    func first() async {
        for await _ in signals { break }
        for (number, source) in sources {
            source.cancel()
            signal(number, SIG_DFL)
        }
    }
}
