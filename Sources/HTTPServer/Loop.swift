import CMicroHTTPD
import Glibc
import HTTP
import Synchronization

/// One thread that serves its share of a server's connections.
///
/// libmicrohttpd's own epoll thread stalls when exactly 128 connections are ready at once, so the loop drives
/// the daemon itself. It waits for the daemon's epoll, its mailbox, the hang-ups and the next deadline; does
/// in each turn what has come, mail first, so that writers have their answers before watches have the news;
/// and lets the library run, which never waits. Everything here is the loop's thread's, but for the mailbox.
@safe final class Loop: @unchecked Sendable {
    let configuration: ServerConfiguration
    let handler: any Handler
    let gauges: ServerGauges
    let owners: WatchOwners
    let mailbox: Mailbox
    let hangups: Hangups
    let lingerers: Lingerers
    let watches: ParkedWatches
    let deferredWork: DeferredWork
    let compression: AnswerCompression
    let requestGuard: RequestGuard
    let clientCertificate: TLSConfiguration.ClientCertificate
    let times: PhaseTimes
    let fields: FieldTable
    let daemon = Daemon()

    /// When the turn began.
    private(set) var now = MonotonicTime.now()
    private var connections: [Connection] = []
    private var nextSweep = MonotonicTime.never
    private var stopDeadline: MonotonicTime?
    private let end = LoopEnd()

    init(
        configuration: ServerConfiguration, handler: any Handler, gauges: ServerGauges, owners: WatchOwners
    ) throws(ServerError) {
        self.configuration = configuration
        self.handler = handler
        self.gauges = gauges
        self.owners = owners
        mailbox = try Mailbox()
        hangups = try Hangups()
        lingerers = try Lingerers()
        watches = ParkedWatches(mailbox: mailbox, wakePeriod: configuration.limits.wakePeriod)
        compression = AnswerCompression(bytesMin: configuration.compressionBytesMin)
        deferredWork = DeferredWork(gauges: gauges, mailbox: mailbox, compression: compression)
        requestGuard = RequestGuard(limits: configuration.limits)
        clientCertificate = configuration.tls?.clientCertificate ?? .none
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
        let waiting = Waiting(
            daemon: daemon.epoll, mailbox: mailbox.descriptor, hangups: hangups.descriptor,
            lingerers: lingerers.descriptor)
        repeat {
            now = .now()
            let hadMail = takeMail()
            if ready.hangups { for connection in hangups.take() { connection.hungUp() } }
            if ready.lingerers { lingerers.drain(now) }
            watches.expire(now)
            if watches.mustWake(now) {
                // Those who wait for their own write go before those who wait for the news of it.
                if hadMail { daemon.run() }
                watches.wakeSome()
            }
            daemon.run()
            if nextSweep <= now { sweep() }
            if isDone { break }
            ready = waiting.wait(daemon.mustRunAgain ? 0 : timeLeft())
        } while true
        finish()
    }

    private func timeLeft() -> MonotonicTime {
        let next = min(nextSweep, watches.next, stopDeadline ?? .never)
        let now = MonotonicTime.now()
        return next == .never ? .never : next <= now ? 0 : next - now
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
            case .fired(let signal): watches.fired(signal)
            case .readerReady(let connection, let body): connection.goOn(reading: body)
            case .writerReady(let connection, let body): connection.goOn(writing: body)
            case .superseded(let connection, let watch): connection.supersede(watch)
            case .stop(let deadline): beginStop(by: deadline)
            }
        }
        return !mail.isEmpty
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
        if connection.mustLinger { lingerers.add(connection.descriptor, now) }
        gauges.addConnections(-1)
    }

    /// The reaper: cuts off each connection whose deadline has passed.
    ///
    /// All are looked at, once in a while: that costs some 10 ns a connection, where a timer for each would
    /// cost more at each request. The library sees the hang-up and cleans up, also where it had missed the
    /// client's own.
    private func sweep() {
        lingerers.drain(now)
        nextSweep = connections.isEmpty && lingerers.isEmpty ? .never : now.adding(times.sweepPeriod)
        for connection in connections where connection.deadline <= now {
            connection.deadline = .never
            if !isStopping { configuration.observer?.reaped(connection.phase) }
            connection.reap()
        }
    }
}

// MARK: Stopping

extension Loop {
    private func beginStop(by deadline: MonotonicTime) {
        guard !isStopping else { return }
        stopDeadline = deadline
        daemon.stopListening()
        watches.endAll()
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
