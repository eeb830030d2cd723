"""Start to ready, and what a tenant costs in memory. Ten million take long to make: `--ten-million`."""

import random
import statistics

from measure import load, registry
from measure.control_plane import ControlPlane, filled
from measure.pace import scaled
from measure.processes import ANY_CORE
from measure.report import Figure

BOUND_SECONDS = {1_000_000: 1, 10_000_000: 8}


def measure(options):
    empty = started(filled(0), 3)
    figures = [Figure("start to ready, no tenants", empty["seconds"] * 1e3, "ms")]
    for count in [scaled(1_000_000, 10_000)] + [10_000_000] * options.ten_million:
        figures += with_tenants(count, empty)
    return figures


def started(data, rounds):
    seconds, resident = [], []
    for _ in range(rounds):
        with ControlPlane(data, cores=ANY_CORE) as server:
            seconds.append(server.seconds_to_ready)
            resident.append(server.resident_bytes())
    return {"seconds": statistics.median(seconds), "resident": statistics.median(resident)}


def with_tenants(count, empty):
    data = filled(count)
    found = started(data, 3)
    name = f"{count // 1_000_000}M tenants"
    memory = (found["resident"] - empty["resident"]) / count
    at_most = 45 if count == 10_000_000 else None
    return [
        Figure(f"start to ready, {name}", found["seconds"], "s", at_most=BOUND_SECONDS.get(count)),
        Figure(f"memory with {name}, no table built", memory, "B/tenant", at_most=at_most),
    ] + index(data, count, name)


def index(data, count, name):
    """Lookups and changes as requests, beside those of a small registry.

    For lookups the difference is the index's size; for changes it is the database's as well."""
    few = 1_000
    with ControlPlane(data) as big, ControlPlane() as small:
        small.load_cells()
        small.load_tenants(few)
        results = {}
        for server, size in ((big, count), (small, few)):
            choose = random.Random(1)
            names = [registry.tenant(choose.randrange(size)) for _ in range(scaled(100_000, 1_000))]
            gets = load.request_file([server.request("GET", f"/v1/routes/{n}") for n in names])
            puts = load.request_file([server.put_tenant(f"new-{n}") for n in range(60_000)])
            results[server] = (
                statistics.median(load.wrk(server, server.port, gets)["cpu"] for _ in range(3)),
                load.wrk(server, server.port, puts, seconds=2)["cpu"],
            )
    lookup, change = (b - s for b, s in zip(results[big], results[small]))
    of = f"beside {few:,}, CPU"
    return [
        Figure(f"lookup among {name} {of}", lookup * 1e3, "ns more", at_most=150),
        Figure(f"change among {name} {of}", change, "µs more"),
    ]
