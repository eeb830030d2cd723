import Registry
import Store

extension ControlPlane {
    public func cell(_ id: CellID) throws(RegistryError) -> CellRecord? { try store.read { try $0.cell(id) } }

    public func cells(_ filter: CellFilter, _ page: Page) throws(RegistryError) -> [CellRecord] {
        try store.read { try $0.cells(filter, page: page) }
    }

    public func cellCount() throws(RegistryError) -> Int { try store.read { try $0.cellCount() } }
}
