import Testing

/// The two programs as they are run: real processes, real files, real sockets.
///
/// One test at a time, since each takes the whole machine. Environment variables make them heavier, for hours of
/// torture (`Settings`, `make torture`); the figures that they see are printed.
@Suite(.serialized)
enum EndToEndTests {}
