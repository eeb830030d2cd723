"""A rollout with cells that change at once: 20 workers claim and report, over 500 cells and over 5,000; beside as many
durable writes of tenants by the same clients."""

import http.client
import json
import threading
import time

from measure import registry
from measure.control_plane import ControlPlane
from measure.pace import scaled
from measure.processes import ANY_CORE
from measure.report import Figure

WORKERS = 20
SECONDS_AT_MOST = 5
STRATEGY = {"bakeTime": "0s", "maxParallel": 2 * WORKERS}


class Worker(threading.Thread):
    def __init__(self, server, work):
        super().__init__()
        self.work, self.failure = work, None
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.fields = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}

    def run(self):
        try:
            self.work(self)
        except Exception as failure:
            self.failure = failure

    def call(self, method, path, body=None):
        self.connection.request(method, path, body and json.dumps(body), self.fields)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]}")
        return json.loads(data) if data else None


def at_once(server, work):
    """The seconds that all workers took."""
    workers = [Worker(server, work) for _ in range(WORKERS)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.failure:
            raise worker.failure
    return time.perf_counter() - start


def roll_out(server, release):
    image = {"images": {"order-service": f"titan/order-service:{release}"}}
    server.call("PUT", f"/v1/releases/{release}", json.dumps(image), Content_Type="application/json")
    body = json.dumps({"release": release, "strategy": STRATEGY})
    path = "/v1/rollouts/" + json.loads(
        server.call("POST", "/v1/rollouts", body, Content_Type="application/json"))["id"]  # fmt: skip

    def work(worker):
        while True:
            cell = worker.call("POST", f"{path}:claim", {"worker": "bench"})
            if cell:
                worker.call("POST", f"{path}/cells/{cell['cell']}:report", {
                    "fencingToken": cell["fencingToken"], "release": release, "healthy": True})  # fmt: skip
            elif worker.call("GET", path)["done"]:
                return

    cpu = server.cpu_seconds()
    seconds = at_once(server, work)
    state = json.loads(server.call("GET", path))
    if state["state"] != "succeeded":
        raise RuntimeError(f"the rollout has {state['state']}: {state['cause']}")
    return seconds, server.cpu_seconds() - cpu


def put_tenants(server, count):
    names = iter([registry.tenant(n) for n in range(count)])
    lock = threading.Lock()

    def work(worker):
        while True:
            with lock:
                name = next(names, None)
            if name is None:
                return
            worker.call("PUT", f"/v1/tenants/{name}", {"load": 1})

    cpu = server.cpu_seconds()
    return at_once(server, work), server.cpu_seconds() - cpu


def cells(server, count):
    lines = b"\n".join(
        json.dumps({
            "id": f"cell-{n}", "zone": f"us-east-1{'abc'[n % 3]}", "state": "active", "capacity": 40_000,
            "images": {"order-service": "titan/order-service:v1"}}).encode()
        for n in range(1, count + 1))  # fmt: skip
    server.call("POST", "/v1/cells:import", lines, Content_Type=registry.NDJSON)


def measure(options):
    figures = []
    for count in [scaled(500, 50), scaled(5_000, 100)]:
        with ControlPlane(cores=ANY_CORE) as server:
            cells(server, count)
            before = server.resident_bytes()
            seconds, cpu = roll_out(server, "v2")
            memory = server.resident_bytes() - before
            put, put_cpu = put_tenants(server, 2 * count)
        what = f"rollout over {count:,} instant cells"
        peer = f"{2 * count:,} PUTs of tenants"
        figures += [
            Figure(what, seconds, "s", peer, put, at_most=SECONDS_AT_MOST if count <= 500 else None, of="value"),
            Figure(f"{what}, server's CPU a cell", cpu / count * 1e3, "ms", peer, put_cpu / count * 1e3),
            Figure(f"{what}, memory", memory / 1e6, "MB"),
        ]
    return figures
