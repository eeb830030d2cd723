import CMicroHTTPD
import HTTP

/// A long poll, from its parking to its answer.
extension Connection {
    /// The request is whole: asks the watch, and parks it where it has no answer yet.
    ///
    /// Listens before it asks: what fires in between is heard.
    func park() -> MHD_Result {
        guard let watch else { return .NO }
        guard loop.gauges.addWatch(countMax: loop.configuration.limits.watchesMax) else {
            self.watch = nil
            response = loop.tooManyWatches()
            return perform(machine.after(.settled))
        }
        watchNumber += 1
        heapDeadline = loop.deadline(of: watch)
        loop.watches(for: watch.signal).add(self)
        watches = loop.watches(for: watch.signal)
        loop.expiries.insert(self)
        let event = decide(.woken)
        if event == .kept {
            isParked = true
            loop.hangups.watch(self)
            if let owner = watch.owner { loop.claim(owner, for: self) }
        }
        return perform(machine.after(event))
    }

    /// Asks a parked watch again, and lets go of it where it has an answer.
    func wake(_ moment: Watch.Moment) {
        guard machine.state == .watching else { return }
        _ = perform(machine.after(decide(moment)))
    }

    /// The client of a parked watch has gone.
    func hungUp() {
        guard machine.state == .watching else { return }
        unpark()
        _ = perform(machine.after(.clientGone))
    }

    private func decide(_ moment: Watch.Moment) -> ExchangeStateMachine.Event {
        guard let watch else { return .kept }
        switch watch.decide(moment) {
        case nil:
            precondition(moment != .ended, "a watch must answer when it is ended")
            return .kept
        case .answer(let response):
            unpark()
            self.response = response
            return .settled
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
        guard let watch, let watches else { return }
        self.watch = nil
        self.watches = nil
        watches.remove(self)
        loop.expiries.remove(self)
        if isParked {
            isParked = false
            loop.hangups.unwatch(self)
            if let owner = watch.owner { loop.owners.release(owner, self, watch: watchNumber) }
        }
        loop.gauges.removeWatch()
        loop.tidy(watches, of: watch.signal)
    }
}
