import Registry
import Store

extension ModelPlane {
    func operationCount() -> Int { disk.operations.count }

    func isIdle() -> Bool { disk.operations.allSatisfy(\.life.state.isDone) }

    func problem(atEnd isEnd: Bool) -> String? {
        if isDataLost { return "a cutover left data behind: the last copy was of an earlier freeze" }
        var cells = disk.cells.map { CellRow(capacity: $0.capacity) }
        for (tenant, route) in disk.routes.enumerated() {
            cells[route.cell].load += setup.loads[tenant]
            cells[route.cell].tenants += 1
        }
        var moving: [Int] = []
        for operation in disk.operations {
            guard operation.completed + operation.failed <= operation.total else {
                return "more tenants are counted than there are"
            }
            for row in operation.batches {
                guard row.batch.moved + row.batch.failed <= row.batch.tenants else {
                    return "a batch counts more tenants than it has"
                }
                for move in row.moves where move.state.isActive {
                    cells[move.target].reserved += setup.loads[move.tenant]
                    cells[move.target].incoming += 1
                    if moving.contains(move.tenant) { return "t-\(move.tenant) is in two moves" }
                    switch (row.batch.state, disk.routes[move.tenant].state) {
                    case (.freezing, .frozen), (.cutover, .frozen), (.announced, .migrating): break
                    case (_, .serving), (_, .suspended): break
                    case (let batch, let tenant):
                        return "t-\(move.tenant) is \(tenant) while its batch is \(batch)"
                    }
                    moving.append(move.tenant)
                }
            }
        }
        for (number, cell) in cells.enumerated() {
            let kept = disk.cells[number]
            guard kept.load == cell.load, kept.tenants == cell.tenants, kept.reserved == cell.reserved,
                kept.incoming == cell.incoming
            else { return "cell-\(number) says \(kept), its tenants and moves \(cell)" }
            guard kept.load + kept.reserved <= kept.capacity else {
                return "cell-\(number) is over its capacity"
            }
        }
        for (tenant, route) in disk.routes.enumerated()
        where route.state == .frozen || route.state == .migrating {
            if !moving.contains(tenant) { return "t-\(tenant) is \(route.state) and nothing moves it" }
        }
        return nil
    }
}
