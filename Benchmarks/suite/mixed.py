"""Lookups while 64 writers write and 500 gateways hear of every change, beside the same lookups at rest."""

import random
import subprocess
import threading

from measure import load, registry
from measure.control_plane import ControlPlane
from measure.pace import scaled
from measure.processes import ANY_CORE, interleaved
from measure.report import Figure
from suite.fanout import Watchers

TENANTS = 10_000
ROUNDS = scaled(3, 1)
SECONDS = scaled(4, 1)
POLLS = 500
# Each of 16 gateways' connections asks every 5 ms: some 3,000 lookups a second, so that a delay is the server's.
CONNECTIONS, PAUSE_MS = 16, 5


def measure(options):
    choose = random.Random(1)
    with ControlPlane(cores=ANY_CORE) as server:
        server.load_cells()
        server.load_tenants(TENANTS)
        names = [registry.tenant(choose.randrange(TENANTS)) for _ in range(20_000)]
        gets = load.request_file([server.request("GET", f"/v1/routes/{n}") for n in names])
        rounds = iter(range(ROUNDS))

        def lookups():
            return load.wrk(server, server.port, gets, CONNECTIONS, SECONDS, PAUSE_MS)

        medians = interleaved(ROUNDS, {
            "rest": lookups,
            "load": lambda: busy(server, lookups, next(rounds)),
        })  # fmt: skip
    rest, load_ = medians["rest"], medians["load"]
    bound = (2 * rest["p99"] + 2_000) / 1e3
    return [
        Figure("lookup p99 at rest", rest["p99"] / 1e3, "ms"),
        Figure("lookup p99, 64 writers and 500 polls", load_["p99"] / 1e3, "ms", at_most=bound),
        Figure("lookup p50, 64 writers and 500 polls", load_["p50"] / 1e3, "ms", "at rest", rest["p50"] / 1e3),
        Figure("writes meanwhile", load_["writes"], "/s"),
        Figure("fan-outs to 500 meanwhile", load_["fanouts"], "/s"),
    ]


def busy(server, lookups, turn):
    """The lookups, with 64 writers in a loop and 500 polls that ask again as soon as all have their answer."""
    puts = load.request_file([server.put_tenant(f"busy-{turn}-{n}") for n in range(40_000 * SECONDS)])
    command = load.wrk_command(server.port, puts, 64, SECONDS + 1)
    over, fanouts = threading.Event(), [0]

    def poll(watchers):
        while not over.is_set():
            since = server.routing_revision()
            watchers.watch(server.request("GET", f"/v1/routing-table?since={since}&wait=2s"))
            watchers.await_("HTTP/1.1")
            fanouts[0] += 1

    with Watchers(server.port, POLLS) as watchers, subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True
    ) as writers:
        gateways = threading.Thread(target=poll, args=[watchers])
        gateways.start()
        result = lookups()
        over.set()
        gateways.join()
        written = load.wrk_result(writers.communicate()[0])
    puts.unlink()
    return result | {
        "writes": written["requests"] / written["seconds"],
        "fanouts": fanouts[0] / SECONDS,
    }
