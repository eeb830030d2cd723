import CSQLite

extension Database {
    /// The library's version as it runs here: `3.40.1`.
    public static var libraryVersion: String { unsafe String(cString: sqlite3_libversion()) }
}
