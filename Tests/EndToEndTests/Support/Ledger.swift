import JSON

/// What one writer knows of its tenants: every write it was told of, and the one that it was not told of.
///
/// A write of a tenant either sets its label `n` to a number that no other write has, or deletes it.
struct Ledger: Sendable {
    struct State: Sendable, Equatable {
        var revision: Int64
        /// Nil: it is not there.
        var n: Int64?
    }

    private(set) var known: [String: State] = [:]
    /// Sent, and not answered: it has happened, or not.
    private(set) var open: (tenant: String, n: Int64?)?
    private(set) var acknowledged = 0
    /// Not answered, and found to have happened.
    private(set) var happened = 0
    /// By revision, since the last audit: tenant and operation.
    private(set) var unaudited: [Int64: (tenant: String, operation: String)] = [:]

    func exists(_ tenant: String) -> Bool { known[tenant]?.n != nil }

    mutating func began(_ tenant: String, n: Int64?) { open = (tenant, n) }

    mutating func acknowledged(_ revision: Int64, _ operation: String) {
        guard let write = open else { return }
        known[write.tenant] = State(revision: revision, n: write.n)
        unaudited[revision] = (write.tenant, operation)
        acknowledged += 1
        open = nil
    }

    /// - Parameter found: what the server has after its restart, of all tenants.
    /// - Returns: what it has lost, or has and must not.
    mutating func audit(_ found: [String: State], events: [Int64: (tenant: String, operation: String)])
        -> [String]
    {
        var faults: [String] = []
        for (tenant, state) in known where tenant != open?.tenant {
            let now = found[tenant]
            let isThere = state.n == nil ? now == nil : now == state
            if !isThere {
                faults.append("\(tenant): acknowledged \(state), found \(String(describing: now))")
            }
        }
        if let write = open {
            let was = known[write.tenant]
            let now = found[write.tenant]
            if now == was || (now == nil && was?.n == nil) {
                // It did not happen, or it was the delete of what was not there.
            } else if now?.n == write.n, now.map({ $0.revision > was?.revision ?? 0 }) ?? true {
                happened += 1
            } else {
                faults.append(
                    "\(write.tenant): was \(String(describing: was)), sent \(write), found \(String(describing: now))"
                )
            }
            known[write.tenant] = now ?? State(revision: was?.revision ?? 0, n: nil)
            open = nil
        }
        for (revision, write) in unaudited where events[revision].map({ $0 != write }) ?? true {
            faults.append(
                "revision \(revision): acknowledged \(write), recorded \(String(describing: events[revision]))"
            )
        }
        unaudited = [:]
        return faults
    }
}
