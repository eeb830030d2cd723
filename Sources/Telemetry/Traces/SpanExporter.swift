import Glibc
import HTTPClient
import Logging
import Synchronization

/// Sends ended spans to a collector, in batches, from a thread of its own.
///
/// Spans go into a queue of bounded length, and are dropped and counted when it is full: tracing may lose spans, it
/// must not slow a request down nor grow. The thread wakes when a batch is full or the interval is over. A batch that
/// the collector could not take is sent once more, together with the next one, and then dropped.
final class SpanExporter: Sendable {
    private struct State {
        var queue: [SpanRecord] = []
        /// Set when the exporter is to end, in monotonic nanoseconds.
        var deadline: UInt64?
    }

    private let state = Mutex(State())
    private let wake = Alarm()
    private let ended = Alarm()
    private let configuration: TraceConfiguration
    private let client: HTTPClient
    private let metrics: Metrics
    private let logger: Logger

    init(_ configuration: TraceConfiguration, metrics: Metrics, logger: Logger) {
        precondition(
            configuration.batchSpansMax > 0 && configuration.intervalSeconds > 0, "a batch has an end")
        self.configuration = configuration
        self.metrics = metrics
        self.logger = logger
        var calls = ClientConfiguration()
        calls.allowsPlainHTTP = true
        calls.idleHandlesMax = 1
        client = HTTPClient(calls)
        startThread()
    }

    /// Any thread; waits for nothing but the queue's lock.
    func offer(_ span: SpanRecord) {
        let count: Int? = state.withLock { state in
            guard state.queue.count < configuration.queueSpansMax, state.deadline == nil else { return nil }
            state.queue.append(span)
            return state.queue.count
        }
        if count == nil { metrics.spansDropped.add() }
        if count == configuration.batchSpansMax { wake.ring() }
    }

    /// Sends what is queued, and ends the thread.
    ///
    /// - Returns: false where the time was too short; the thread ends soon after.
    @discardableResult
    func stop(within duration: Duration) -> Bool {
        let nanoseconds = UInt64(nanosecondsOf: min(duration, .seconds(3600)))
        state.withLock { state in
            state.deadline = state.deadline ?? Nanoseconds.monotonic() + nanoseconds
        }
        wake.ring()
        guard ended.wait(nanoseconds: nanoseconds) else { return false }
        // Whoever asks again is told the same.
        ended.ring()
        return true
    }

    // MARK: The thread

    private func startThread() {
        var thread = pthread_t()
        let exporter = Unmanaged.passRetained(self)
        guard pthread_create(&thread, nil, exporterThread, exporter.toOpaque()) == 0 else {
            exporter.release()
            logger.error("Traces are not exported: there is no thread for it")
            return
        }
        pthread_detach(thread)
    }

    fileprivate func run() {
        var held: [SpanRecord] = []
        var isReachable = true
        var deadline: UInt64?
        repeat {
            wake.wait(nanoseconds: UInt64(configuration.intervalSeconds * 1e9))
            var isMore = true
            while isMore {
                let (batch, left, until) = take()
                deadline = until
                if batch.isEmpty && held.isEmpty { break }
                held = export(batch, again: held, deadline: until, isReachable: &isReachable)
                let isLate = until.map { $0 <= Nanoseconds.monotonic() } ?? false
                // Where the collector does not answer, the next attempt waits for the next waking.
                isMore = held.isEmpty && left >= (until == nil ? configuration.batchSpansMax : 1) && !isLate
            }
        } while deadline == nil
        metrics.spansDropped.add(held.count + state.withLock { $0.queue.count })
        ended.ring()
    }

    private func take() -> (batch: [SpanRecord], left: Int, deadline: UInt64?) {
        state.withLock { state in
            let batch = Array(state.queue.prefix(configuration.batchSpansMax))
            state.queue.removeFirst(batch.count)
            return (batch, state.queue.count, state.deadline)
        }
    }

    /// - Returns: what is to be sent once more: `batch`, if the collector could not take it.
    private func export(
        _ batch: [SpanRecord], again: [SpanRecord], deadline: UInt64?, isReachable: inout Bool
    ) -> [SpanRecord] {
        let (failure, mayRetry) = post(again + batch, deadline: deadline)
        if (failure == nil) != isReachable {
            isReachable = failure == nil
            if let failure {
                logger.warning("Traces can't be exported", metadata: ["cause": "\(failure)"])
            } else {
                logger.notice("Traces are exported again")
            }
        }
        guard failure != nil else { return [] }
        metrics.spanExportFailures.add()
        metrics.spansDropped.add(again.count + (mayRetry ? 0 : batch.count))
        return mayRetry ? batch : []
    }

    /// - Returns: why the spans were not taken, nil if they were; and whether the collector may take them later (by
    ///   the OTLP specification, "Retryable Response Codes").
    private func post(_ spans: [SpanRecord], deadline: UInt64?) -> (failure: String?, mayRetry: Bool) {
        let body = OTLP.body(
            spans, serviceName: configuration.serviceName, serviceVersion: configuration.serviceVersion)
        var limits = TimeLimits()
        if let deadline {
            let now = Nanoseconds.monotonic()
            // A call that has no time left is still tried for a moment: the collector may be near.
            limits.totalSeconds = min(10, max(0.1, Double(deadline - min(now, deadline)) / 1e9))
        }
        let request = ClientRequest(
            "POST", configuration.url, fields: [("Content-Type", "application/json")], body: .bytes(body),
            timeLimits: limits)
        do throws(ClientError) {
            let response = try client.send(request)
            guard response.isSuccess else {
                return ("status \(response.status)", [429, 502, 503, 504].contains(response.status))
            }
            let rejected = min(spans.count, max(0, OTLP.rejectedSpans(response.body)))
            metrics.spansDropped.add(rejected)
            metrics.spansExported.add(spans.count - rejected)
            return (nil, false)
        } catch {
            return (error.message, true)
        }
    }
}

/// A function at file scope, because a closure made in actor code would carry its actor along and die on this thread.
private func exporterThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    // Signals are for the main thread.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    Unmanaged<SpanExporter>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
