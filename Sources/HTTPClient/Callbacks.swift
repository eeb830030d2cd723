import CCurl
import Glibc

// libcurl calls these on the thread that performs the transfer. They are functions at file scope, because a closure
// made in actor code would carry its actor along and die on another thread.

private func exchange(_ data: UnsafeMutableRawPointer?) -> Exchange? {
    unsafe data.map { unsafe Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

/// Any other figure than the one it was given ends the call.
func headerCallback(
    _ start: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ data: UnsafeMutableRawPointer?
) -> Int {
    let line = unsafe UnsafeRawBufferPointer(start: start, count: size * count)
    return unsafe exchange(data)?.takeHeadLine(line) == true ? line.count : 0
}

func writeCallback(
    _ start: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ data: UnsafeMutableRawPointer?
) -> Int {
    let piece = unsafe UnsafeRawBufferPointer(start: start, count: size * count)
    if unsafe piece.isEmpty { return 0 }
    return unsafe exchange(data)?.takeBody(piece) == true ? piece.count : 0
}

func readCallback(
    _ start: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ data: UnsafeMutableRawPointer?
) -> Int {
    let room = unsafe UnsafeMutableRawBufferPointer(start: start, count: size * count)
    return unsafe exchange(data)?.fill(room) ?? Int(CURL_READFUNC_ABORT)
}

func seekCallback(_ data: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    let isDone = unsafe origin == SEEK_SET && exchange(data)?.seek(to: Int(offset)) == true
    return isDone ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

/// The one point between name resolution and connect.
func openSocketCallback(
    _ data: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address = unsafe address, let exchange = unsafe exchange(data) else { return CURL_SOCKET_BAD }
    // curl_sockaddr ends in a sockaddr that is as long as its family needs.
    let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)!
    let numeric = unsafe IPAddress(
        (UnsafeRawPointer(address) + offset).assumingMemoryBound(to: sockaddr.self))
    guard exchange.allows(numeric) else { return CURL_SOCKET_BAD }
    return unsafe socket(
        address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
        address.pointee.protocol)
}
