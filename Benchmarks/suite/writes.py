"""Durable writes: PUT of a new tenant, with validation, placement over 500 cells, audit, and news to the table."""

import subprocess

from measure import load, peers
from measure.control_plane import ControlPlane
from measure.pace import scaled
from measure.processes import SERVER_CORE, interleaved, tool
from measure.report import Figure

SECONDS = scaled(2, 1)
ROUNDS = scaled(3, 1)
WRITES_MAX = 40_000 * SECONDS
GOALS = {1: (None, 0.9, None), 8: (None, None, None), 64: (2.5, 1.3, 3)}


def measure(options):
    return [f for clients in GOALS for f in compared(clients)]


def compared(clients):
    gateway_goal, grpc_goal, p50_goal_ms = GOALS[clients]
    rounds = iter(range(ROUNDS))
    value = '{"cell":"cell-123","epoch":1,"state":"serving"}'
    with ControlPlane() as server, ControlPlane() as beside, peers.Etcd() as etcd:
        server.load_cells()
        beside.load_cells()
        database = beside.data / "registry.db"
        beside.stop()
        put = load.request_file([
            etcd.post("/v3/kv/put", {"key": peers.b64(f"tenants/t-{n}"), "value": peers.b64(value)})
            for n in range(20_000)
        ])  # fmt: skip
        message = peers.field(1, "tenants/t-1") + peers.field(2, value)

        def ours():
            first = next(rounds) * WRITES_MAX
            names = (f"t-{first + n}" for n in range(WRITES_MAX))
            file = load.request_file([server.put_tenant(name) for name in names])
            result = load.wrk(server, server.port, file, clients, SECONDS)
            file.unlink()
            if result["requests"] > WRITES_MAX:
                raise RuntimeError("every tenant was written: the rest were repeats")
            return result

        medians = interleaved(ROUNDS, {
            "ours": ours,
            "gateway": lambda: load.wrk(etcd, etcd.port, put, clients, SECONDS),
            "grpc": lambda: load.grpc(etcd, etcd.port, "/etcdserverpb.KV/Put", message, clients, SECONDS),
            "sqlite": lambda: {"rps": sqlite(database, clients)},
        })  # fmt: skip
    mine = medians["ours"]
    what = f"durable PUT, {clients} client{'s' * (clients > 1)}"
    return [
        Figure(what, mine["rps"], "/s", "etcd JSON gateway put", medians["gateway"]["rps"], at_least=gateway_goal),
        Figure(what, mine["rps"], "/s", "etcd gRPC put, one key", medians["grpc"]["rps"], at_least=grpc_goal),
        Figure(what, mine["rps"], "/s", f"SQLite C API, {clients} a commit", medians["sqlite"]["rps"]),
        Figure(f"{what}, p50", mine["p50"] / 1e3, "ms", at_most=p50_goal_ms),
        Figure(f"{what}, p99", mine["p99"] / 1e3, "ms", "etcd JSON gateway put", medians["gateway"]["p99"] / 1e3),
        Figure(f"{what}, CPU", mine["cpu"], "µs", "etcd gRPC put, one key", medians["grpc"]["cpu"]),
    ]  # fmt: skip


def sqlite(database, group):
    """The limit: the same rows by SQLite's C API, as many a commit as there are clients."""
    core = ",".join(map(str, SERVER_CORE))
    command = ["taskset", "-c", core, tool("limit"), database, str(group), str(SECONDS)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
