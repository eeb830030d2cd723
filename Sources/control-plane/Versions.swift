import Store

/// What this process is built of.
enum Versions {
    static let swift: String = {
        #if compiler(>=6.4)
        "6.4 or later"
        #elseif compiler(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }()

    static var sqlite: String { Store.libraryVersion }
}
