"""What a gateway asks most: has the table changed, and where is this tenant. With a bearer token."""

import random

from measure import load, peers, registry
from measure.control_plane import ControlPlane
from measure.pace import scaled
from measure.processes import interleaved
from measure.report import Figure

TENANTS = scaled(10_000, 1_000)
ROUNDS = scaled(5, 1)
CONDITIONAL_AT_MOST = 1.05


def measure(options):
    return conditional() + lookup()


def against(ours, theirs, what, peer, cpu_at_most=None):
    """CPU decides; requests a second and p99 are told beside it, as they vary with the load generator."""
    return [
        Figure(f"{what}, CPU", ours["cpu"], "µs", peer, theirs["cpu"], at_most=cpu_at_most),
        Figure(f"{what}, throughput", ours["rps"], "req/s", peer, theirs["rps"]),
        Figure(f"{what}, p99 of 64 connections", ours["p99"], "µs", peer, theirs["p99"]),
    ]


def conditional():
    with ControlPlane() as server, peers.Nginx("location / { return 304; }") as nginx:
        server.load_cells()
        server.load_tenants(TENANTS)
        server.call("GET", "/v1/routing-table")
        tag = f'If-None-Match: {server.answered["ETag"]}'
        headers = [tag, server.authorization]
        medians = interleaved(ROUNDS, {
            "ours": lambda: load.http1(server, server.port, "/v1/routing-table", headers),
            "nginx": lambda: load.http1(nginx, nginx.port, "/v1/routing-table", headers),
        })  # fmt: skip
    what = "304 for the table"
    return against(medians["ours"], medians["nginx"], what, "nginx return 304", CONDITIONAL_AT_MOST)


def lookup():
    names = [registry.tenant(n) for n in range(TENANTS)]
    random.Random(1).shuffle(names)
    with ControlPlane() as server, peers.Etcd() as etcd:
        server.load_cells()
        server.load_tenants(TENANTS)
        answers = {f"/v1/routes/{n}": server.call("GET", f"/v1/routes/{n}").decode() for n in names[:1]}
        body = answers[f"/v1/routes/{names[0]}"]
        answers = {f"/v1/routes/{n}": body for n in names}
        for at in range(0, TENANTS, 500):
            etcd.put({n: body for n in names[at : at + 500]})
        fixed = f"location / {{ default_type application/json; return 200 '{body}'; }}"
        with peers.Nginx(fixed) as nginx, peers.HAProxy(answers) as haproxy:
            ours = load.request_file([server.request("GET", f"/v1/routes/{n}") for n in names])
            gateway = load.request_file([etcd.post("/v3/kv/range", {"key": peers.b64(n)}) for n in names])
            medians = interleaved(ROUNDS, {
                "ours": lambda: load.wrk(server, server.port, ours),
                "nginx": lambda: load.wrk(nginx, nginx.port, ours),
                "haproxy": lambda: load.wrk(haproxy, haproxy.port, ours),
                "gateway": lambda: load.wrk(etcd, etcd.port, gateway),
                "grpc": lambda: load.grpc(
                    etcd, etcd.port, "/etcdserverpb.KV/Range", peers.field(1, names[0])),
            })  # fmt: skip
    mine, what = medians["ours"], f"lookup of one of {TENANTS:,}"
    return (
        against(mine, medians["nginx"], what, "nginx return 200", 1.05)
        + against(mine, medians["haproxy"], what, "haproxy map", 0.85)
        + against(mine, medians["gateway"], what, "etcd JSON gateway", 1 / 18)
        + against(mine, medians["grpc"], what, "etcd gRPC, one key", 1 / 5)
    )
