"""A durable write until the last of many long polls has read it, beside etcd's watch and a raw send() in a row."""

import statistics
import subprocess
import time
from contextlib import ExitStack

from measure import load, peers
from measure.control_plane import ControlPlane
from measure.pace import scaled
from measure.processes import LOAD_CORE, Process, tool
from measure.report import Figure

ROUNDS = {500: scaled(15, 2), 5_000: scaled(7, 1)}
BOUND_MS = {500: 12, 5_000: 90}
STALL_ROUNDS = scaled(100, 3)


class Watchers:
    """tools/watchers on the load's core."""

    def __init__(self, port, count):
        core = ",".join(map(str, LOAD_CORE))
        self.popen = subprocess.Popen(
            ["taskset", "-c", core, tool("watchers"), str(port), str(count)], text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        self._answer("connected")

    def _answer(self, expected):
        line = self.popen.stdout.readline().split()
        if not line or line[0] not in (expected, "stalled"):
            raise RuntimeError(f"the watchers failed: {line}")
        return line

    def _say(self, *words, expected="done"):
        self.popen.stdin.write(" ".join(map(str, words)) + "\n")
        return self._answer(expected)

    def watch(self, request):
        self._say("watch", load.scratch_file(request), expected="sent")

    def await_(self, marker):
        if self._say("await", marker)[0] == "stalled":
            raise RuntimeError(f"not every watcher has seen {marker}")

    def write(self, request, marker):
        """Milliseconds until the last, or None where one had not seen it after ten seconds."""
        answer = self._say("write", load.scratch_file(request), marker)
        return float(answer[1]) / 1e3 if answer[0] == "done" else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.stdin.close()
        self.popen.wait(20)


def ours(server, watchers, count, name):
    """One fan-out: everybody polls from the present revision, one tenant is added."""
    since = server.routing_revision()
    watchers.watch(server.request("GET", f"/v1/routing-table?since={since}&wait=60s"))
    server.wait_for_watches(count)
    return watchers.write(server.put_tenant(name), f'"{name}"')


def measure(options):
    figures = []
    for count, rounds in ROUNDS.items():
        figures += compared(count, rounds)
    return figures + stalls()


def compared(count, rounds):
    answer = len(b'HTTP/1.1 200 OK') + 330
    with ControlPlane(connections=count + 500) as server, peers.Etcd() as etcd, Floor() as floor:
        server.load_cells()
        times = {"ours": [], "etcd": [], "floor": []}
        with Watchers(etcd.port, count) as es, Watchers(floor.port, count) as fs, ExitStack() as later:
            es.watch(etcd.post("/v3/watch", {"create_request": {"key": peers.b64("fan")}}))
            es.await_('"created":true')
            # The last to connect: who says nothing for five seconds is cut off by the server.
            ls = later.enter_context(Watchers(server.port, count))
            for n in range(rounds):
                times["ours"].append(ours(server, ls, count, f"fan-{n}"))
                value = peers.b64(f"fan-{n:06}")
                put = etcd.post("/v3/kv/put", {"key": peers.b64("fan"), "value": value})
                times["etcd"].append(es.write(put, value))
                fs.watch(load.http("GET", "/"))
                time.sleep(0.3)  # the floor has no way to tell that it holds them all
                times["floor"].append(fs.write(load.http("PUT", "/", body=b"x" * answer + b"end"), "end"))
    if any(None in of for of in times.values()):
        raise RuntimeError(f"a fan-out to {count} stalled: {times}")
    mine, etcd_ms, floor_ms = (statistics.median(times[k]) for k in ("ours", "etcd", "floor"))
    what = f"write seen by the last of {count:,} polls"
    return [
        Figure(what, mine, "ms", at_most=BOUND_MS[count]),
        Figure(what, mine, "ms", "etcd watch, JSON gateway", etcd_ms, at_most=0.45),
        Figure(what, mine, "ms", "raw send() floor", floor_ms, at_most=2),
    ]


class Floor(Process):
    def __init__(self):
        super().__init__([tool("floor")], stdout=subprocess.PIPE, text=True)
        self.port = int(self.popen.stdout.readline())


def stalls():
    """500 gateways woken together, again and again: libmicrohttpd's own thread would hang in some of these."""
    with ControlPlane() as server:
        server.load_cells()
        with Watchers(server.port, 500) as watchers:
            times = [ours(server, watchers, 500, f"fan-{n}") for n in range(STALL_ROUNDS)]
    stalled = sum(t is None or t > 1000 for t in times)
    worst = max(t for t in times if t is not None)
    return [
        Figure(f"stalls in {STALL_ROUNDS} fan-outs to 500", stalled, "", at_most=0),
        Figure(f"slowest of {STALL_ROUNDS} fan-outs to 500", worst, "ms"),
    ]
