import Registry

/// Where one tenant is.
extension RoutingSnapshot {
    /// The answer to `GET /v1/routes/{tenant}`, ready to send; nil for a tenant that is not in the table.
    ///
    /// Takes a fraction of a microsecond, and allocates the answer alone.
    ///
    /// - Parameter tenant: an id in UTF-8, of any length.
    public func routeAnswer(tenant: Span<UInt8>) -> RouteAnswer? {
        tenant.withUnsafeBytes { answer(tenant: $0) }
    }

    /// The answer about the tenant that the host leads to.
    ///
    /// - Parameter host: normalised, in UTF-8, of any length.
    public func routeAnswer(host: Span<UInt8>) -> RouteAnswer? {
        host.withUnsafeBytes { hosts.withValue(of: $0) { answer(tenant: $0) } } ?? nil
    }

    public func route(of tenant: TenantID) -> (tenant: RoutedTenant, cell: RoutedCell)? {
        guard let record = record(of: tenant), let cell = cells[record.cell].cell else { return nil }
        return (RoutedTenant(cell: cells[record.cell].id, epoch: record.epoch, state: record.state), cell)
    }

    /// - Parameter host: normalised.
    public func tenant(ofHost host: String) -> TenantID? {
        var host = host
        return host.withUTF8 { bytes in
            hosts.withValue(of: UnsafeRawBufferPointer(bytes)) {
                TenantID(String(decoding: $0, as: UTF8.self))
            }
        } ?? nil
    }

    public func cell(_ id: CellID) -> RoutedCell? {
        cells.ordinal(of: id).flatMap { cells[$0].cell }
    }

    private func record(of tenant: TenantID) -> TenantEntry? {
        var id = tenant.rawValue
        return id.withUTF8 { tenants.withValue(of: UnsafeRawBufferPointer($0)) { TenantEntry($0) } }
    }

    /// Nil too where the tenant's cell is not in the table, which the store does not let be.
    @inline(__always)
    private func answer(tenant: UnsafeRawBufferPointer) -> RouteAnswer? {
        guard let record = tenants.withValue(of: tenant, { TenantEntry($0) }) else { return nil }
        let cell = cells[record.cell]
        guard cell.cell != nil else { return nil }
        var answer: [UInt8] = []
        answer.reserveCapacity(
            tenant.count + cell.answerHead.count + cell.answerTail.count + answerEnd.count + 64)
        answer.append(#"{"tenant":"#)
        answer.appendJSON(tenant)
        answer.append(contentsOf: cell.answerHead)
        answer.append(record.epoch)
        answer.appendMember(record.state)
        answer.append(contentsOf: cell.answerTail)
        answer.append(contentsOf: answerEnd)
        return RouteAnswer(body: answer, isMoving: record.state.isMoving)
    }
}

/// One tenant's route, ready to send.
public struct RouteAnswer: Sendable {
    public var body: [UInt8]
    /// The tenant is about to change its cell: nobody may use the answer again.
    public var isMoving: Bool
}
