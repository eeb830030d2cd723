"""Programs under measurement: where they run, what they cost, and that they end."""

import atexit
import os
import resource
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Another build can be measured: BINARY=path Benchmarks/run.
BINARY = Path(os.environ.get("BINARY", ROOT / ".build/release/control-plane")).resolve()
TOOLS = ROOT / "Benchmarks/tools"
SCRATCH = Path(tempfile.mkdtemp(prefix="titan-bench-"))

# Whoever serves runs on the first core and whoever asks on the last, so that neither takes the other's time.
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = {CORES[0]}, {CORES[-1]}
ANY_CORE = set(CORES)

_running = []


class Others:
    """How much of the machine's time went to others than this run and its processes, which must have ended."""

    def __init__(self):
        self.start = self._times()

    def _times(self):
        with open("/proc/stat") as lines:
            values = [int(v) / os.sysconf("SC_CLK_TCK") for v in next(lines).split()[1:9]]
        idle = values[3] + values[4]
        usages = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(values), sum(values) - idle, sum(u.ru_utime + u.ru_stime for u in usages)

    def share(self):
        total, busy, own = (end - start for start, end in zip(self.start, self._times()))
        return max(0, busy - own) / total


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def folder(name):
    """A new folder of this run's scratch."""
    return Path(tempfile.mkdtemp(prefix=name + "-", dir=SCRATCH))


class Process:
    """A server that ends with the `with` block, or with the benchmark."""

    def __init__(self, command, cores=SERVER_CORE, **options):
        log = open(SCRATCH / f"{Path(command[0]).name}-{len(_running)}.log", "w+")
        options = {"stdout": log, "stderr": log} | options
        # Python's preexec_fn costs a fork, which a start must not be charged with: taskset is exec alone.
        pin = ["taskset", "-c", ",".join(map(str, sorted(cores)))] if cores != ANY_CORE else []
        self.popen = subprocess.Popen([*pin, *map(str, command)], **options)
        self.log = log
        _running.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def cpu_seconds(self):
        """User and system time of all its threads."""
        fields = Path(f"/proc/{self.popen.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        fields = Path(f"/proc/{self.popen.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def wait_for_port(self, port, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.popen.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.log.seek(0)
        raise RuntimeError(f"{self.popen.args} does not listen: {self.log.read()[-2000:]}")


# So that whoever stops a benchmark stops its servers too.
signal.signal(signal.SIGTERM, lambda *_: exit(143))


@atexit.register
def _end_all():
    for process in reversed(_running):
        process.stop()
    subprocess.run(["rm", "-rf", SCRATCH])


def tool(name):
    """The C program of that name in Benchmarks/tools, compiled."""
    binary = SCRATCH / name
    if not binary.exists():
        libraries = ["-lsqlite3"] if '"registry.h"' in (TOOLS / f"{name}.c").read_text() else []
        subprocess.run(["gcc", "-O2", "-Wall", "-o", binary, TOOLS / f"{name}.c", *libraries], check=True)
    return binary


def interleaved(rounds, runs):
    """Runs each of `runs` in turn, `rounds` times: what disturbs the machine disturbs all of them.

    `runs` gives each a name and a function that returns numbers by name; the answer has the medians of those."""
    results = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            results[name].append(run())
    return {
        name: {key: statistics.median(r[key] for r in of) for key in of[0]} for name, of in results.items()
    }
