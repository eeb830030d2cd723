import Glibc

/// Where the command reads and writes. A value of functions, so that a test can be a terminal too.
struct Console {
    var write: ([UInt8]) -> Void
    var writeError: ([UInt8]) -> Void
    /// A line that the person at the terminal types; nil at the end of input.
    var ask: () -> String?
    var inputIsTerminal: Bool
    var outputIsTerminal: Bool
    var errorIsTerminal: Bool
    /// Of the terminal behind standard error, in columns.
    var width: () -> Int

    func print(_ line: String) { write(Array(line.utf8) + [0x0A]) }
    func printError(_ line: String) { writeError(Array(line.utf8) + [0x0A]) }

    static var standard: Console {
        Console(
            write: { writeAll($0, to: STDOUT_FILENO) },
            writeError: { writeAll($0, to: STDERR_FILENO) },
            ask: { readLine() },
            inputIsTerminal: isatty(STDIN_FILENO) == 1,
            outputIsTerminal: isatty(STDOUT_FILENO) == 1,
            errorIsTerminal: isatty(STDERR_FILENO) == 1,
            width: {
                var size = winsize()
                let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
                return isKnown ? Int(size.ws_col) : 80
            })
    }
}

/// Writes every byte. Where that can't be, the command ends: half an answer must not pass for a whole one.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            rest = rest.dropFirst(count)
        } else if errno != EINTR {
            perror("cellctl: can't write")
            exit(Ending.failure.rawValue)
        }
    }
}
