import CMicroHTTPD

extension HTTPServer {
    /// The library's version as it runs here: `0.9.75`.
    public static var libraryVersion: String { unsafe String(cString: MHD_get_version()) }
}
