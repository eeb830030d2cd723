import Registry
import Testing

@testable import ControlPlane

@Suite struct RoutingCellsTests {
    private let cell = RoutedCell(zone: "us-east-1a", state: .active, endpoints: [:])

    @Test("a cell keeps its ordinal when it goes and when it comes back")
    func ordinals() {
        var cells = RoutingCells()
        let first = cells.ordinalNaming(CellID("cell-1")!)
        let second = cells.ordinalNaming(CellID("cell-2")!)
        #expect(first != second)
        cells.set(first, to: cell)
        #expect(cells.count == 1)
        cells.set(first, to: nil)
        #expect(cells.count == 0 && cells[first].cell == nil)
        cells.set(first, to: cell)
        #expect(cells.count == 1 && cells[first].cell == cell)
        #expect(cells.ordinal(of: CellID("cell-1")!) == first)
        #expect(cells.ordinalNaming(CellID("cell-1")!) == first)
    }

    @Test("a cell that is only named is not in the table")
    func named() {
        var cells = RoutingCells()
        let ordinal = cells.ordinalNaming(CellID("cell-9")!)
        #expect(cells.count == 0 && Array(cells.present).isEmpty)
        #expect(cells.table.bytes().isEmpty)
        #expect(cells[ordinal].id == CellID("cell-9")!)
    }

    @Test("an older copy keeps its cells and its table")
    func copies() {
        var cells = RoutingCells()
        let ordinal = cells.ordinalNaming(CellID("cell-1")!)
        cells.set(ordinal, to: cell)
        let copy = cells
        let table = copy.table.bytes()
        cells.set(ordinal, to: nil)
        #expect(copy[ordinal].cell == cell && copy.table.bytes() == table && !table.isEmpty)
        #expect(cells.table.bytes().isEmpty)
    }
}
