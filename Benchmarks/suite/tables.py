"""The whole routing table: how big it is, what it costs to send, and what one change costs."""

import gzip
import statistics
import time

from measure import load, peers
from measure.control_plane import ControlPlane, filled
from measure.pace import scaled
from measure.processes import folder, interleaved
from measure.report import Figure

ROUNDS = scaled(5, 1)
CHANGES = scaled(15, 2)


def measure(options):
    return sending() + million()


def sending():
    """The cached gzip of 100,000 tenants, beside nginx with the same bytes in a file, by sendfile."""
    with ControlPlane(filled(100_000)) as server:
        encoding = "Accept-Encoding: gzip"
        body = server.call("GET", "/v1/routing-table", Accept_Encoding="gzip")
        place = folder("www")
        (place / "routing-table").write_bytes(body)
        location = f"location / {{ root {place}; default_type application/json; add_header Content-Encoding gzip; }}"
        with peers.Nginx(location) as nginx:
            ours = load.request_file([server.request("GET", "/v1/routing-table", [encoding])])
            theirs = load.request_file([server.request("GET", "/routing-table", [encoding])])
            medians = interleaved(ROUNDS, {
                "ours": lambda: load.wrk(server, server.port, ours, connections=8),
                "nginx": lambda: load.wrk(nginx, nginx.port, theirs, connections=8),
            })  # fmt: skip
    what = f"100k-tenant table, {len(body) / 1e6:.2f} MB gzip"
    mine, theirs = medians["ours"], medians["nginx"]
    return [
        Figure(f"{what}, CPU", mine["cpu"], "µs", "nginx file", theirs["cpu"], at_most=1.05),
        Figure(f"{what}, throughput", mine["rps"], "req/s", "nginx file", theirs["rps"]),
    ]


def million():
    count = scaled(1_000_000, 10_000)
    with ControlPlane(filled(count)) as server:
        start = time.perf_counter()
        zipped = server.call("GET", "/v1/routing-table", Accept_Encoding="gzip")
        first = time.perf_counter() - start
        plain = server.call("GET", "/v1/routing-table", Accept_Encoding="identity")
        if gzip.decompress(zipped) != plain:
            raise RuntimeError("the two encodings of the table differ")
        # HEAD: the table is brought up to date, and nothing is sent.
        known, changed, cpu = [], [], []
        for n in range(CHANGES):
            known.append(timed_head(server))
            server.call("PUT", f"/v1/tenants/republished-{n}", b'{"load":1}', Content_Type="application/json")
            before = server.cpu_seconds()
            changed.append(timed_head(server))
            cpu.append(server.cpu_seconds() - before)
    republished = statistics.median(changed) - statistics.median(known)
    return [
        Figure("1M-tenant table, raw", len(plain) / count, "B/tenant", at_most=55),
        Figure("1M-tenant table, gzip", len(zipped) / count, "B/tenant", at_most=17),
        Figure("1M-tenant table, first built and sent", first * 1e3, "ms"),
        Figure("1M-tenant table, one change republished", republished * 1e3, "ms", at_most=2),
        Figure("1M-tenant table, one change republished, mean CPU", statistics.mean(cpu) * 1e3, "ms"),
    ]


def timed_head(server):
    start = time.perf_counter()
    server.call("HEAD", "/v1/routing-table", Accept_Encoding="gzip")
    return time.perf_counter() - start
