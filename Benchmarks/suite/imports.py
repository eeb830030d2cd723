"""A million tenants as NDJSON over HTTP: each line validated, placed, audited, durable. In ten requests, so that a slow
machine can stop between two."""

import json
import threading
import time

from measure import registry
from measure.control_plane import ControlPlane
from measure.pace import scaled
from measure.processes import ANY_CORE
from measure.report import Figure

COUNT = scaled(1_000_000, 10_000)
PARTS = 10
SECONDS_MAX = 100
SECONDS_FOR_ALL_AT_MOST = 12


def measure(options):
    with ControlPlane(cores=ANY_CORE) as server:
        server.load_cells()
        peak, over = [server.resident_bytes()], threading.Event()

        def watch_memory():
            while not over.wait(0.05):
                peak.append(server.resident_bytes())

        watcher = threading.Thread(target=watch_memory)
        watcher.start()
        try:
            seconds, cpu, count = imported(server)
        finally:
            over.set()
            watcher.join()
        disk = sum(f.stat().st_size for f in server.data.iterdir())
    what = f"import over HTTP, the first {count:,} tenants"
    return [
        Figure(what, count / seconds, "/s", at_least=COUNT / SECONDS_FOR_ALL_AT_MOST),
        Figure(f"{what}, server's CPU for each", cpu / count * 1e6, "µs"),
        Figure(f"{what}, memory at its peak", max(peak) / 1e6, "MB"),
        Figure("disk, with history and audit", disk / count, "B/tenant"),
    ]


def imported(server):
    """Seconds, CPU seconds and tenants, of as many tenth parts as fit the time."""
    seconds, cpu, count, part = 0, 0, 0, COUNT // PARTS
    while count < COUNT and seconds < SECONDS_MAX:
        lines = registry.tenant_lines(part, count)
        before, start = server.cpu_seconds(), time.perf_counter()
        report = json.loads(server.call("POST", "/v1/tenants:import", lines, Content_Type=registry.NDJSON))
        seconds, cpu = seconds + time.perf_counter() - start, cpu + server.cpu_seconds() - before
        if report["created"] != part:
            raise RuntimeError(f"not all were imported: {report}")
        count += part
    return seconds, cpu, count
