import Bytes
import CMicroHTTPD
import HTTP
import Synchronization

/// What libmicrohttpd sends for shared bytes, made once and used by every request, on every loop.
///
/// Made anew for each request, an answer with three fields is ten allocations, a fifth of all that a look-up
/// costs. It is kept with the bytes, by its fields; the status and whether the body is sent are the
/// request's.
@safe final class PreparedAnswers: @unchecked Sendable {
    // Safe to share: all is constant but what the lock holds.

    @safe private struct Answer: @unchecked Sendable {
        // Safe to share: the library counts its references under a lock, and nothing else of it changes.
        var fields: Fields
        var made: OpaquePointer
    }

    /// The 200 and the 304 of a representation, and some to spare. More are fields that differ by request:
    /// those are not worth keeping.
    private static let countMax = 4

    private let owner: any AnyObject & Sendable
    private let start: UnsafeRawPointer
    private let count: Int
    private let answers = Mutex<[Answer]>([])

    private init(_ bytes: SharedBytes) {
        owner = bytes.owner
        unsafe start = bytes.start
        count = bytes.count
    }

    deinit {
        answers.withLock { answers in
            for answer in answers { unsafe MHD_destroy_response(answer.made) }
        }
    }

    /// The bytes' own. Nil at their first use, because many are used only once.
    static func of(_ bytes: SharedBytes) -> PreparedAnswers? {
        bytes.attachment.withLock { attachment in
            guard let used = attachment else {
                attachment = UsedOnce.mark
                return nil
            }
            if let known = used as? PreparedAnswers { return known }
            let new = PreparedAnswers(bytes)
            attachment = new
            return new
        }
    }

    /// Calls `use` with the answer for those fields.
    func with<Result>(_ fields: Fields, _ use: (OpaquePointer) -> Result) -> Result? {
        let known = unsafe answers.withLock { answers -> OpaquePointer? in
            if let known = answers.first(where: { $0.fields == fields }) { return unsafe known.made }
            guard answers.count < Self.countMax, let made = unsafe make(fields) else { return nil }
            unsafe answers.append(Answer(fields: fields, made: made))
            return unsafe made
        }
        if let known = unsafe known { return unsafe use(known) }
        guard let made = unsafe make(fields) else { return nil }
        defer { unsafe MHD_destroy_response(made) }
        return unsafe use(made)
    }

    private func make(_ fields: Fields) -> OpaquePointer? {
        let made = unsafe makeShared(owner, start, count)
        if let made = unsafe made { unsafe addFields(fields, to: made) }
        return unsafe made
    }
}

/// Stands for answers that are not prepared yet.
private final class UsedOnce: Sendable {
    static let mark = UsedOnce()
}

/// An answer whose body is sent from where it lies; it holds the owner until the last byte is sent.
func makeShared(_ owner: any AnyObject & Sendable, _ start: UnsafeRawPointer, _ count: Int) -> OpaquePointer?
{
    unsafe MHD_create_response_from_buffer_with_free_callback_cls(
        count, UnsafeMutableRawPointer(mutating: start), releaseObject,
        Unmanaged<AnyObject>.passRetained(owner).toOpaque())
}

/// Adds fields to an answer. The library refuses one with a line end, and the answer goes without it: nothing
/// that a handler took from a request can begin another answer.
func addFields(_ fields: Fields, to made: OpaquePointer) {
    for field in fields.all {
        var name = field.name.lowercased
        var value = field.value
        name.withUTF8 { name in
            value.withUTF8 { value in
                _ = unsafe cmhd_add_field(made, name.baseAddress, name.count, value.baseAddress, value.count)
            }
        }
    }
}

/// Gives back what an answer retained.
func releaseObject(_ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<AnyObject>.fromOpaque(context).release()
}
