import CMicroHTTPD
import HTTP

// What libmicrohttpd calls. Functions of the file, because closures that come from main-actor code die on
// another thread; each finds its loop in `context` and its connection in the socket's context.

func beginRequest(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ handle: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let target = unsafe target, let socketContext = unsafe cmhd_socket_context(handle) else {
        return nil
    }
    let connection = unsafe Unmanaged<Connection>.fromOpaque(socketContext).takeUnretainedValue()
    unsafe connection.beginExchange(UnsafeRawPointer(target).assumingMemoryBound(to: UInt8.self))
    return unsafe socketContext
}

func handleRequest(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ count: UnsafeMutablePointer<Int>?, _ exchange: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let connection = unsafe exchange?.pointee, let url = unsafe url, let method = unsafe method,
        let version = unsafe version, let count = unsafe count
    else { return .NO }
    return unsafe Unmanaged<Connection>.fromOpaque(connection).takeUnretainedValue().handle(
        method: UnsafeRawPointer(method).assumingMemoryBound(to: UInt8.self),
        url: UnsafeRawPointer(url).assumingMemoryBound(to: UInt8.self),
        version: UnsafeRawPointer(version).assumingMemoryBound(to: UInt8.self), upload: upload, count: count)
}

func completeRequest(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
    _ exchange: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
    guard let connection = unsafe exchange?.pointee else { return }
    unsafe Unmanaged<Connection>.fromOpaque(connection).takeUnretainedValue().completed(code)
    unsafe exchange?.pointee = nil
}

func changeConnection(
    _ context: UnsafeMutableRawPointer?, _ handle: OpaquePointer?,
    _ socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let context = unsafe context, let handle = unsafe handle, let socketContext = unsafe socketContext
    else { return }
    let loop = unsafe Unmanaged<Loop>.fromOpaque(context).takeUnretainedValue()
    if change == .CONNECTION_NOTIFY_STARTED {
        let connection = unsafe Connection(loop: loop, handle: handle, address: peerAddress(handle))
        unsafe socketContext.pointee = Unmanaged.passRetained(connection).toOpaque()
        loop.add(connection)
    } else if let connection = unsafe socketContext.pointee {
        unsafe loop.remove(Unmanaged<Connection>.fromOpaque(connection).takeRetainedValue())
        unsafe socketContext.pointee = nil
    }
}

func logLine(_ context: UnsafeMutableRawPointer?, _ line: UnsafePointer<CChar>?) {
    guard let context = unsafe context, let line = unsafe line else { return }
    let loop = unsafe Unmanaged<Loop>.fromOpaque(context).takeUnretainedValue()
    unsafe loop.configuration.log?(String(cString: line))
}

private func peerAddress(_ handle: OpaquePointer) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
        guard unsafe cmhd_peer_address(handle, text.baseAddress, text.count), let start = text.baseAddress
        else {
            return ""
        }
        return unsafe String(cString: start)
    }
}
