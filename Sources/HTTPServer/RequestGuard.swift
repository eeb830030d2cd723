import CMicroHTTPD
import Glibc
import HTTP

/// A request's head where it lies in the connection's memory, after libmicrohttpd has cut it into pieces.
@safe struct RawHead {
    let method: UnsafePointer<UInt8>
    let target: UnsafePointer<UInt8>
    let targetCount: Int
    let version: UnsafePointer<UInt8>
    /// From the method's first byte to behind the last line's end.
    let count: Int
    let fields: FieldTable
}

/// Refuses what libmicrohttpd 0.9.75 lets through, before any handler sees it.
///
/// The library is generous: it takes a bare LF for a line's end, a NUL for a value's, a folded line, the
/// first of two Content-Lengths, `Transfer-Encoding :`, any method, and HTTP/1.2. Each of these can make it
/// and a proxy before it see different requests in the same bytes. It parses in place, and overwrites each
/// delimiter with as many NULs as it had bytes. So the guard walks the head once more, from the method to the
/// end: every piece must begin exactly where the piece before it ends plus one space, one colon or *two*
/// bytes of line end. A bare LF, a NUL, a second space or a folded line leaves a gap of another size. (A NUL
/// and a bare LF together look like CR LF; the line ends there for the library too.)
struct RequestGuard {
    struct Verdict: Equatable {
        var method: Method
        var contentLength: Int
    }

    let limits: ServerLimits

    func verdict(on head: RawHead) throws(ServerProblem) -> Verdict {
        let methodCount = unsafe strnlen(
            UnsafeRawPointer(head.method).assumingMemoryBound(to: CChar.self), head.count)
        guard unsafe head.target == head.method + methodCount + 1,
            unsafe head.version == head.target + head.targetCount + 1
        else { throw .malformedRequestLine }
        // The library has seen to `HTTP/1.` and one digit.
        guard unsafe head.version[7] == UInt8(ascii: "1") || head.version[7] == UInt8(ascii: "0") else {
            throw .versionNotSupported
        }
        guard head.fields.count <= limits.fieldsMax else { throw .tooManyFields(countMax: limits.fieldsMax) }
        var framing = RequestFraming()
        try walk(head, into: &framing)
        let contentLength = try framing.contentLength(bytesMax: limits.bodyBytesMax)
        guard let method = unsafe Method(token: UnsafeBufferPointer(start: head.method, count: methodCount))
        else {
            throw .methodNotImplemented
        }
        return Verdict(method: method, contentLength: contentLength)
    }

    private func walk(_ head: RawHead, into framing: inout RequestFraming) throws(ServerProblem) {
        var cursor = try unsafe behindLineEnd(head.version + 8)
        for index in 0..<head.fields.keptCount {
            let field = unsafe head.fields[index]
            guard unsafe field.name == cursor, unsafe isToken(field.name, field.name_count) else {
                throw .malformedField
            }
            unsafe cursor = field.name + Int(field.name_count) + 1
            while unsafe cursor < field.value, unsafe cursor.pointee == 0x20 || cursor.pointee == 0x09 {
                unsafe cursor += 1
            }
            guard unsafe cursor == field.value, unsafe isValue(field.value, field.value_count) else {
                throw .malformedField
            }
            unsafe cursor = try behindLineEnd(field.value + Int(field.value_count))
            try unsafe framing.note(field)
        }
        guard try unsafe behindLineEnd(cursor) == head.method + head.count else { throw .malformedField }
    }

    /// The two NULs that were CR LF.
    @inline(__always)
    private func behindLineEnd(_ end: UnsafePointer<UInt8>) throws(ServerProblem) -> UnsafePointer<UInt8> {
        guard unsafe end[0] == 0, unsafe end[1] == 0 else { throw .malformedField }
        return unsafe end + 2
    }

    /// RFC 9110 §5.6.2: at least one of its characters, whose set is these two words of bits.
    @inline(__always)
    private func isToken(_ start: UnsafePointer<UInt8>, _ count: UInt32) -> Bool {
        for index in 0..<Int(count) {
            let byte = unsafe start[index]
            let bits: UInt64 = byte < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe
            guard byte < 128, bits >> UInt64(byte & 63) & 1 == 1 else { return false }
        }
        return count > 0
    }

    /// RFC 9110 §5.5: no control byte but the tab.
    @inline(__always)
    private func isValue(_ start: UnsafePointer<UInt8>, _ count: UInt32) -> Bool {
        for index in 0..<Int(count) {
            let byte = unsafe start[index]
            if byte < 0x20 && byte != 0x09 || byte == 0x7f { return false }
        }
        return true
    }
}

extension Method {
    /// Exactly one of the known tokens: they compare with case.
    init?(token: UnsafeBufferPointer<UInt8>) {
        func isToken(_ text: StaticString) -> Bool {
            unsafe token.elementsEqual(
                UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        switch token.count {
        case 3 where isToken("GET"): self = .get
        case 3 where isToken("PUT"): self = .put
        case 4 where isToken("POST"): self = .post
        case 4 where isToken("HEAD"): self = .head
        case 5 where isToken("PATCH"): self = .patch
        case 5 where isToken("TRACE"): self = .trace
        case 5 where isToken("QUERY"): self = .query
        case 6 where isToken("DELETE"): self = .delete
        case 7 where isToken("OPTIONS"): self = .options
        default: return nil
        }
    }
}
