import HTTP

/// The one place where answers leave the loops: each work is a task, whose end is mail for its loop.
///
/// A task is not cancelled when its client goes away, because a write that has begun runs to its end; the
/// readers and writers of streamed bodies are told by `BodyClosed`.
struct DeferredWork {
    let gauges: ServerGauges
    let mailbox: Mailbox
    let compression: AnswerCompression

    func start(
        _ request: Request, _ work: @escaping @Sendable (Request) async -> Response,
        for connection: Connection
    ) {
        gauges.addDeferred(1)
        Task { [gauges, mailbox, compression] in
            var response = await work(request)
            if compression.concerns(response) {
                compression.apply(to: &response, accepting: request.fields[.acceptEncoding])
            }
            gauges.addDeferred(-1)
            mailbox.post(.finished(connection, response))
        }
    }

    func start(_ produce: @escaping @Sendable (any BodyWriter) async throws -> Void, into body: OutboundBody)
    {
        gauges.addDeferred(1)
        Task { [gauges] in
            do {
                try await produce(body)
                body.end(isBroken: false)
            } catch {
                body.end(isBroken: true)
            }
            gauges.addDeferred(-1)
        }
    }
}
