import CMicroHTTPD
import HTTP

/// A long poll, from its parking to its answer.
extension Connection {
    /// The request is whole: ends the owner's older watch, asks the new one, and parks it where it has no
    /// answer yet.
    ///
    /// Listens before it asks: what fires in between is heard.
    func park() -> MHD_Result {
        guard let watch else { return .NO }
        watchNumber += 1
        if let owner = watch.owner { claim(owner) }
        guard loop.gauges.addWatch(countMax: loop.configuration.limits.watchesMax) else {
            release(watch)
            response = tooManyWatches()
            return perform(after(.settled))
        }
        heapDeadline = loop.now.adding(ContinuousClock.now.duration(to: watch.deadline).nanoseconds)
        loop.watches.add(self, waitingFor: watch.signal)
        let event = decide(loop.isStopping ? .ended : .woken)
        if event == .kept {
            isHangupWatched = true
            loop.hangups.watch(self)
        }
        return perform(after(event))
    }

    /// Asks a parked watch again, and lets go of it where it has an answer.
    func wake(_ moment: Watch.Moment) {
        guard machine.state == .watching else { return }
        _ = perform(after(decide(moment)))
    }

    /// The client of a parked watch has gone.
    func hungUp() {
        guard machine.state == .watching else { return }
        unpark()
        _ = perform(after(.clientGone))
    }

    private func decide(_ moment: Watch.Moment) -> ExchangeStateMachine.Event {
        guard let watch else { return .kept }
        switch watch.decide(moment) {
        case nil:
            precondition(moment != .ended, "a watch must answer when it is ended")
            return .kept
        case .answer(let response):
            unpark()
            return settle(response)
        case .deferred(_, let work):
            unpark()
            request = copiedRequest()
            self.work = work
            return .deferred
        case .streamed(_, let work):
            unpark()
            let body = InboundBody { _ in }
            body.end()
            request = copiedRequest()
            self.work = { await work($0, body) }
            return .deferred
        case .watch:
            preconditionFailure("a watch cannot become another watch")
        }
    }

    private func settle(_ response: Response) -> ExchangeStateMachine.Event {
        self.response = response
        guard loop.compression.concerns(response), let request = copiedRequest() else { return .settled }
        let accepted = request.fields[.acceptEncoding]
        if loop.compression.isLong(response, accepting: accepted) {
            self.request = request
            work = { _ in response }
            return .deferred
        }
        var compressed = response
        loop.compression.apply(to: &compressed, accepting: accepted)
        self.response = compressed
        return .settled
    }

    /// The request again, from the connection's memory: most watches end without needing it.
    private func copiedRequest() -> Request? {
        guard let method else { return nil }
        unsafe loop.fields.fill(from: handle)
        return RequestHead(
            method: method, path: target.path, query: target.query, peer: peer,
            source: ConnectionFields(table: loop.fields)
        ).copied()
    }

    /// Takes the watch out of all that knows of it.
    func unpark() {
        guard watches != nil, let watch else { return }
        loop.watches.remove(self)
        loop.gauges.removeWatch()
        if isHangupWatched { loop.hangups.unwatch(self) }
        isHangupWatched = false
        release(watch)
    }

    private func release(_ watch: Watch) {
        self.watch = nil
        if let owner = watch.owner { loop.owners.release(owner, self, watch: watchNumber) }
    }

    /// Ends the owner's older watch, here or on another loop.
    private func claim(_ owner: String) {
        let place = WatchOwners.Place(connection: self, watch: watchNumber)
        guard let older = loop.owners.claim(owner, place) else { return }
        if older.connection.loop === loop {
            older.connection.supersede(older.watch)
        } else {
            older.connection.loop.mailbox.post(.superseded(older.connection, watch: older.watch))
        }
    }

    /// A newer watch has taken the place of that one, which may have ended since.
    func supersede(_ watch: UInt64) {
        if watchNumber == watch { wake(.ended) }
    }

    private func tooManyWatches() -> Response {
        let configuration = loop.configuration
        var response = configuration.problem(.tooManyWatches(countMax: configuration.limits.watchesMax))
        if response.fields[.retryAfter] == nil { response.fields[.retryAfter] = "1" }
        return response
    }
}
