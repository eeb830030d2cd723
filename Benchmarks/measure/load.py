"""Load generators: wrk for HTTP/1.1, h2load for gRPC. One thread, on the core that serves nobody."""

import json
import re
import subprocess

from .pace import scaled
from .processes import LOAD_CORE, SCRATCH, TOOLS

_files = 0


def scratch_file(data):
    global _files
    _files += 1
    path = SCRATCH / f"load-{_files}"
    path.write_bytes(data)
    return path


def http(method, target, headers=(), body=b""):
    """A request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def request_file(requests):
    """For `wrk`: requests that it sends in turn."""
    return scratch_file(b"".join(b"%d\n%s" % (len(r), r) for r in requests))


def wrk_command(port, file, connections, seconds, pause_ms=0):
    core = ",".join(map(str, LOAD_CORE))
    return [
        "taskset", "-c", core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s",
        TOOLS / "requests.lua", f"http://127.0.0.1:{port}/", "--", file, str(pause_ms),
    ]  # fmt: skip


def wrk_result(output, refused_ok=False):
    result = json.loads(output.strip().splitlines()[-1])
    if result["errors"] or (result["refused"] and not refused_ok):
        raise RuntimeError(f"wrk met errors: {result}")
    return result


def wrk(server, port, file, connections=64, seconds=None, pause_ms=0):
    """Requests a second, percentiles in µs, and the server's CPU in µs a request."""
    seconds = seconds or scaled(2, 1)
    before = server.cpu_seconds()
    command = wrk_command(port, file, connections, seconds, pause_ms)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result = wrk_result(done.stdout)
    cpu = server.cpu_seconds() - before
    return {
        "rps": result["requests"] / result["seconds"],
        "p50": result["p50"],
        "p99": result["p99"],
        "cpu": cpu / result["requests"] * 1e6,
        "requests": result["requests"],
    }


def h2load(server, port, target, headers, connections=64, seconds=None, options=()):
    """One request again and again, one at a time on each connection."""
    seconds = seconds or scaled(2, 1)
    before = server.cpu_seconds()
    log = scratch_file(b"")
    command = [
        "taskset", "-c", ",".join(map(str, LOAD_CORE)), "h2load", "-t1", f"-c{connections}", "-m1",
        f"-D{seconds}", "--log-file", log, *options, *(f"-H{h}" for h in headers),
        f"http://127.0.0.1:{port}{target}",
    ]  # fmt: skip
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cpu = server.cpu_seconds() - before
    succeeded, failed = map(int, re.search(r"(\d+) succeeded, (\d+) failed", output).groups())
    if failed or not succeeded:
        raise RuntimeError(f"h2load met errors: {output}")
    times = sorted(int(line.rsplit("\t", 1)[1]) for line in log.read_text().splitlines())
    log.unlink()
    return {
        "rps": succeeded / seconds,
        "p50": times[len(times) // 2],
        "p99": times[len(times) * 99 // 100],
        "cpu": cpu / succeeded * 1e6,
        "requests": succeeded,
    }


def http1(server, port, target, headers):
    """For what wrk can't read: a 304 that tells the length of what it stands for."""
    return h2load(server, port, target, headers, options=["--h1"])


def grpc(server, port, method, message, connections=64, seconds=None):
    """A unary gRPC call."""
    frame = b"\0" + len(message).to_bytes(4, "big") + message
    headers = ["content-type: application/grpc", "te: trailers"]
    return h2load(server, port, method, headers, connections, seconds, ["-d", scratch_file(frame)])
