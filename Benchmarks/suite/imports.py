"""A million tenants as NDJSON over HTTP: each line validated, placed, audited, durable."""

import threading
import time

from measure import registry
from measure.control_plane import ControlPlane
from measure.pace import scaled
from measure.processes import ANY_CORE
from measure.report import Figure

COUNT = scaled(1_000_000, 10_000)


def measure(options):
    lines = registry.tenant_lines(COUNT)
    with ControlPlane(cores=ANY_CORE) as server:
        server.load_cells()
        peak, over = [server.resident_bytes()], threading.Event()

        def watch_memory():
            while not over.wait(0.05):
                peak.append(server.resident_bytes())

        watcher = threading.Thread(target=watch_memory)
        watcher.start()
        cpu, start = server.cpu_seconds(), time.perf_counter()
        try:
            report = server.call("POST", "/v1/tenants:import", lines, Content_Type=registry.NDJSON)
        finally:
            over.set()
            watcher.join()
        seconds, cpu = time.perf_counter() - start, server.cpu_seconds() - cpu
        if f'"created":{COUNT}' not in report.decode():
            raise RuntimeError(f"not all were imported: {report[:500]}")
        disk = sum(f.stat().st_size for f in server.data.iterdir())
    return [
        Figure("import of 1M tenants over HTTP", seconds, "s", at_most=12),
        Figure("import of 1M tenants, server's CPU", cpu, "s"),
        Figure("import of 1M tenants, memory at its peak", max(peak) / 1e6, "MB"),
        Figure("disk, with history and audit", disk / COUNT, "B/tenant"),
    ]
