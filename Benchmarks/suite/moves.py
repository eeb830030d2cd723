"""Moving tenants: a drain of 20,000 among 100,000 on 500 cells, with 50 gateways that acknowledge at once; and lookups
while ten cells drain, beside the same at rest."""

import json
import random
import re
import selectors
import socket
import threading
import time

from measure import load, registry
from measure.control_plane import ControlPlane
from measure.pace import scaled
from measure.processes import ANY_CORE
from measure.report import Figure

TENANTS = scaled(100_000, 2_000)
GATEWAYS = 50
BATCH = 250
SECONDS_AT_MOST, PAUSE_SECONDS_AT_MOST = 60, 2
CONNECTIONS, PAUSE_MS = 16, 5
UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}


class Gateways:
    """They poll, and ask again with the revision of each answer: what a gateway's own work takes is not measured."""

    def __init__(self, server):
        self.server, self.over = server, threading.Event()
        self.revision = server.routing_revision()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def ask(self, connection, name, revision):
        target = f"/v1/routing-table?since={revision}&wait=30s&gateway={name}"
        connection.sendall(self.server.request("GET", target))

    def run(self):
        selector, answers = selectors.DefaultSelector(), {}
        for number in range(GATEWAYS):
            connection = socket.create_connection(("127.0.0.1", self.server.port))
            answers[connection] = bytearray()
            selector.register(connection, selectors.EVENT_READ, f"edge-{number}")
            self.ask(connection, f"edge-{number}", self.revision)
        while not self.over.is_set():
            for key, _ in selector.select(0.1):
                answer = answers[key.fileobj]
                answer += key.fileobj.recv(1 << 20)
                head = answer.find(b"\r\n\r\n")
                length = head >= 0 and re.search(rb"(?i)\r\ncontent-length: (\d+)", answer[:head])
                if length and len(answer) == head + 4 + int(length.group(1)):
                    revision = re.search(rb'"revision":"([^"]+)"', answer[head:]).group(1).decode()
                    answer.clear()
                    self.ask(key.fileobj, key.data, revision)
        for connection in answers:
            connection.close()


def seconds_of(duration):
    return sum(float(n) * UNITS[u] for n, u in re.findall(r"([\d.]+)(ms|us|µs|ns|h|m|s)", duration))


def drain(server, cell):
    return json.loads(server.call("POST", f"/v1/cells/{cell}:drain", b"{}", Content_Type="application/json"))["id"]


def wait_for(server, operation):
    while not (state := json.loads(server.call("GET", f"/v1/operations/{operation}:wait?wait=30s")))["done"]:
        pass
    if state["state"] != "succeeded":
        raise RuntimeError(f"the drain has {state['state']}: {state['blockers']}")


def measure(options):
    with ControlPlane(cores=ANY_CORE) as server:
        server.load_cells()
        lines = b"".join(
            json.dumps({"id": registry.tenant(n), "load": 1, "cell": f"cell-{1 if n % 5 == 0 else 2 + n % 499}"}).encode()
            + b"\n" for n in range(TENANTS))  # fmt: skip
        report = json.loads(server.call("POST", "/v1/tenants:import", lines, Content_Type=registry.NDJSON))
        assert report["created"] == TENANTS, report
        with Gateways(server):
            wait_until_all_are_known(server)
            return one_large(server) + reads_beside(server)


def wait_until_all_are_known(server):
    while len(json.loads(server.call("GET", "/v1/gateways?limit=100"))["items"]) < GATEWAYS:
        time.sleep(0.05)


def one_large(server):
    count = TENANTS // 5
    start = time.perf_counter()
    server.call("POST", "/v1/cells/cell-1:drain?dryRun=true", b"{}", Content_Type="application/json")
    dry_run = time.perf_counter() - start
    cpu, start = server.cpu_seconds(), time.perf_counter()
    operation = drain(server, "cell-1")
    wait_for(server, operation)
    seconds, cpu = time.perf_counter() - start, server.cpu_seconds() - cpu
    batches = json.loads(server.call("GET", f"/v1/migrations/{operation}"))["batches"]
    frozen = sorted(seconds_of(b["frozenFor"]) for b in batches)
    what = f"drain of {count:,} tenants, {GATEWAYS} gateways"
    return [
        Figure(what, seconds, "s", at_most=SECONDS_AT_MOST),
        Figure(f"{what}, moved", count / seconds, "tenants/s"),
        Figure(f"{what}, longest freeze", frozen[-1], "s", at_most=PAUSE_SECONDS_AT_MOST),
        Figure(f"{what}, median freeze", frozen[len(frozen) // 2] * 1e3, "ms"),
        Figure(f"a batch of {BATCH}, server's CPU", cpu / len(batches) * 1e3, "ms"),
        Figure("a tenant moved, server's CPU", cpu / count * 1e6, "µs"),
        Figure(f"{what}, dry run", dry_run * 1e3, "ms"),
    ]


def reads_beside(server):
    """As `mixed` asks: some 3,000 lookups a second."""
    choose = random.Random(1)
    names = [registry.tenant(choose.randrange(TENANTS)) for _ in range(20_000)]
    gets = load.request_file([server.request("GET", f"/v1/routes/{n}") for n in names])
    rest = load.wrk(server, server.port, gets, CONNECTIONS, scaled(4, 1), PAUSE_MS)
    operations, over = [], threading.Event()

    def drains():
        """Ten cells at once, and the next ten, for as long as it is measured."""
        for first in range(2, 300, 10):
            if over.is_set():
                return
            begun = [drain(server, f"cell-{n}") for n in range(first, first + 10)]
            for operation in begun:
                wait_for(server, operation)
            operations.extend(begun)

    drainer = threading.Thread(target=drains)
    drainer.start()
    busy = load.wrk(server, server.port, gets, CONNECTIONS, scaled(4, 1), PAUSE_MS)
    over.set()
    drainer.join()
    if not operations:
        raise RuntimeError("no drain ended")
    return [
        Figure("lookup p50, 10 cells draining", busy["p50"] / 1e3, "ms", "at rest", rest["p50"] / 1e3),
        Figure("lookup p99, 10 cells draining", busy["p99"] / 1e3, "ms", "at rest", rest["p99"] / 1e3),
    ]
