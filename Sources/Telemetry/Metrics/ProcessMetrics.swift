import Glibc

/// What the kernel says about this process, under the names that every Prometheus dashboard knows.
enum ProcessMetrics {
    static func declare(in registry: MetricRegistry) {
        registry.gauge(
            "process_resident_memory_bytes", "Resident memory of the process.", read: residentBytes)
        registry.counter(
            "process_cpu_seconds_total", "CPU time of the process, user and system.", read: cpuSeconds)
        registry.gauge("process_open_fds", "Open file descriptors.", read: openDescriptors)
        registry.gauge("process_max_fds", "The limit on open file descriptors.", read: descriptorsMax)
        let start = startSeconds()
        registry.gauge("process_start_time_seconds", "When the process started, in Unix time.") { start }
    }

    private static func residentBytes() -> Double? {
        field(1, of: "/proc/self/statm").map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
    }

    private static func cpuSeconds() -> Double? {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func openDescriptors() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        // Less ".", ".." and the one that is open to read them.
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return Double(count)
    }

    private static func descriptorsMax() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    /// The boot time plus the ticks from then on until the start (proc(5), field 22 of stat).
    private static func startSeconds() -> Double? {
        guard let stat = read("/proc/self/stat"), let name = stat.lastIndex(of: ")"),
            let boot = read("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") })
        else { return nil }
        // The name of the program may hold anything; behind its last parenthesis stands field 3.
        let fields = stat[name...].split(separator: " ")
        guard fields.count > 20, let ticks = Double(fields[20]), let bootSeconds = Double(boot.dropFirst(6))
        else { return nil }
        return bootSeconds + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func field(_ index: Int, of path: String) -> Double? {
        let fields = read(path)?.split(whereSeparator: \.isWhitespace) ?? []
        return fields.indices.contains(index) ? Double(fields[index]) : nil
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }
}
