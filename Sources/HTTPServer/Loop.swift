import CMicroHTTPD
import Glibc
import HTTP
import Synchronization

/// One thread that serves its share of a server's connections.
///
/// libmicrohttpd's own epoll thread stalls when exactly 128 connections are ready at once, so the loop drives the
/// daemon itself: it waits for the daemon's epoll, its mailbox, the hang-ups and the next deadline, does in each
/// turn what has come (mail first, so that writers are answered before watches; then up to `wakingsPerTurn` watches,
/// so that a fan-out to thousands never keeps others waiting for long), and lets the library run, which never
/// waits. Everything here is the loop's thread's, but for the mailbox.
@safe final class Loop: @unchecked Sendable {
    /// About 2.6 ms of answers.
    static let wakingsPerTurn = 256

    let configuration: ServerConfiguration
    let handler: any Handler
    let gauges: ServerGauges
    let owners: WatchOwners
    let mailbox: Mailbox
    let hangups: Hangups
    let deferredWork: DeferredWork
    let requestGuard: RequestGuard
    let times: PhaseTimes
    let fields: FieldTable
    let daemon = Daemon()

    /// When the turn began.
    private(set) var now = MonotonicTime.now()
    private(set) var connections: [Connection] = []
    private var nextSweep = MonotonicTime.never
    private var signals: [ObjectIdentifier: SignalWatches] = [:]
    var expiries = DeadlineHeap<Connection>()
    /// Watches to be asked, over as many turns as it takes.
    private var wakings: [Waking] = []
    private var nextWaking = 0
    private var stopDeadline: MonotonicTime?
    private let end = LoopEnd()

    private struct Waking {
        var connection: Connection
        var watch: UInt64
        var moment: Watch.Moment
    }

    init(
        configuration: ServerConfiguration, handler: any Handler, gauges: ServerGauges, owners: WatchOwners
    ) throws(ServerError) {
        self.configuration = configuration
        self.handler = handler
        self.gauges = gauges
        self.owners = owners
        mailbox = try Mailbox()
        hangups = try Hangups()
        deferredWork = DeferredWork(gauges: gauges, mailbox: mailbox)
        requestGuard = RequestGuard(limits: configuration.limits)
        times = PhaseTimes(configuration.limits)
        fields = FieldTable(fieldsMax: configuration.limits.fieldsMax)
    }

    var isStopping: Bool { stopDeadline != nil }

    /// Another thread: begins to serve `listener`, which is the loop's from here on.
    func start(_ listener: ListeningSocket) throws(ServerError) {
        try unsafe daemon.start(
            listener, configuration,
            connectionsMax: configuration.limits.connectionsMax / configuration.loops,
            context: Unmanaged.passUnretained(self).toOpaque())
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let result = unsafe pthread_create(&thread, nil, runLoop, context)
        guard result == 0 else {
            unsafe Unmanaged<Loop>.fromOpaque(context).release()
            daemon.stop()
            throw .system(call: "pthread_create", reason: unsafe String(cString: strerror(result)))
        }
        pthread_detach(thread)
    }

    /// Another thread: has everything end until `deadline`.
    func stop(by deadline: MonotonicTime) { mailbox.post(.stop(deadline: deadline)) }

    /// Returns when the loop's thread is done with its connections.
    func stopped() async { await end.wait() }

    fileprivate func run() {
        var ready = Waiting.Ready()
        let waiting = Waiting(daemon: daemon.epoll, mailbox: mailbox.descriptor, hangups: hangups.descriptor)
        while true {
            now = .now()
            let hadMail = takeMail()
            if ready.hangups { for connection in hangups.take() { connection.hungUp() } }
            expireWatches()
            planWakings()
            if nextWaking < wakings.count {
                // Those who wait for their own write go before those who wait for the news of it.
                if hadMail { daemon.run() }
                wakeSome()
            }
            daemon.run()
            sweep()
            if isDone { break }
            ready = waiting.wait(daemon.mustRunAgain || nextWaking < wakings.count ? 0 : timeout())
        }
        finish()
    }
}

/// The thread.
private func runLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe cmhd_name_thread("http-loop")
    if let context = unsafe context { unsafe Unmanaged<Loop>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}

// MARK: Mail

extension Loop {
    private func takeMail() -> Bool {
        let mail = mailbox.take()
        for letter in mail {
            switch letter {
            case .finished(let connection, let response): connection.finish(response)
            case .fired(let watches): watches.received()
            case .readerReady(let connection, let body):
                if connection.inbound === body {
                    _ = connection.perform(connection.machine.after(.readerReady))
                }
            case .writerReady(let connection, let body):
                if connection.outbound === body {
                    _ = connection.perform(connection.machine.after(.writerReady))
                }
            case .superseded(let connection, let watch):
                if connection.watchNumber == watch { connection.wake(.ended) }
            case .stop(let deadline): beginStop(by: deadline)
            }
        }
        return !mail.isEmpty
    }
}

// MARK: Watches

extension Loop {
    func watches(for signal: Signal) -> SignalWatches {
        let key = ObjectIdentifier(signal)
        if let known = signals[key] { return known }
        let watches = SignalWatches(signal, mailbox: mailbox)
        signals[key] = watches
        watches.listen()
        return watches
    }

    /// Forgets a signal that nobody here waits for.
    func tidy(_ watches: SignalWatches, of signal: Signal) {
        guard watches.parked.isEmpty, !watches.isDue else { return }
        watches.stopListening()
        signals[ObjectIdentifier(signal)] = nil
    }

    /// In the loop's own time.
    func deadline(of watch: Watch) -> MonotonicTime {
        now.adding(ContinuousClock.now.duration(to: watch.deadline).nanoseconds)
    }

    /// Ends the owner's older watch, here or on another loop.
    func claim(_ owner: String, for connection: Connection) {
        let place = WatchOwners.Place(loop: self, connection: connection, watch: connection.watchNumber)
        guard let older = owners.claim(owner, place) else { return }
        if older.loop === self {
            if older.connection.watchNumber == older.watch { older.connection.wake(.ended) }
        } else {
            older.loop.mailbox.post(.superseded(older.connection, watch: older.watch))
        }
    }

    func tooManyWatches() -> Response {
        var response = configuration.problem(.tooManyWatches(countMax: configuration.limits.watchesMax))
        if response.fields[.retryAfter] == nil { response.fields[.retryAfter] = "1" }
        return response
    }

    private func expireWatches() {
        while let first = expiries.first, first.heapDeadline <= now { first.wake(.ended) }
    }

    /// Puts the watches of each signal that fired on the list, no sooner than its period allows.
    private func planWakings() {
        guard nextWaking == wakings.count else { return }
        wakings.removeAll(keepingCapacity: true)
        nextWaking = 0
        if isStopping {
            for watches in signals.values { plan(watches, .ended) }
            return
        }
        for (key, watches) in signals where watches.isDue && watches.notBefore <= now {
            watches.isDue = false
            watches.notBefore = now.adding(configuration.limits.wakePeriod.nanoseconds)
            if watches.parked.isEmpty {
                watches.stopListening()
                signals[key] = nil
            } else {
                plan(watches, .woken)
            }
        }
    }

    private func plan(_ watches: SignalWatches, _ moment: Watch.Moment) {
        for connection in watches.parked {
            wakings.append(Waking(connection: connection, watch: connection.watchNumber, moment: moment))
        }
    }

    private func wakeSome() {
        let end = min(wakings.count, nextWaking + Self.wakingsPerTurn)
        while nextWaking < end {
            let waking = wakings[nextWaking]
            nextWaking += 1
            if waking.connection.watchNumber == waking.watch { waking.connection.wake(waking.moment) }
        }
    }
}

// MARK: Connections

extension Loop {
    func add(_ connection: Connection) {
        connection.index = connections.count
        connections.append(connection)
        gauges.addConnections(1)
        if nextSweep == .never { nextSweep = now.adding(times.sweepPeriod) }
    }

    func remove(_ connection: Connection) {
        let last = connections.removeLast()
        if last !== connection {
            connections[connection.index] = last
            last.index = connection.index
        }
        connection.index = -1
        gauges.addConnections(-1)
    }

    /// The reaper: cuts off each connection whose deadline has passed.
    ///
    /// All are looked at, once in a while: that costs some 10 ns a connection, where a timer for each would cost
    /// more at each request. The library sees the hang-up and cleans up, also where it had missed the client's own.
    private func sweep() {
        guard nextSweep <= now else { return }
        nextSweep = connections.isEmpty ? .never : now.adding(times.sweepPeriod)
        for connection in connections where connection.deadline <= now {
            connection.deadline = .never
            if !isStopping { configuration.observer?.reaped(connection.phase) }
            connection.reap()
        }
    }

    private func timeout() -> MonotonicTime {
        var next = min(nextSweep, expiries.first?.heapDeadline ?? .never, stopDeadline ?? .never)
        for watches in signals.values where watches.isDue { next = min(next, watches.notBefore) }
        return next == .never ? .never : max(0, next - .now())
    }
}

// MARK: Stopping

extension Loop {
    private func beginStop(by deadline: MonotonicTime) {
        guard !isStopping else { return }
        stopDeadline = deadline
        daemon.stopListening()
        for connection in connections where connection.machine.state == .idle && connection.phase == .idle {
            connection.deadline = now
        }
        nextSweep = now
    }

    private var isDone: Bool {
        guard let stopDeadline else { return false }
        return connections.isEmpty || stopDeadline <= now
    }

    /// The library must not be stopped while it holds suspended connections: they are let go first.
    private func finish() {
        for connection in connections { connection.abandon() }
        daemon.run()
        daemon.stop()
        end.reached()
    }
}
