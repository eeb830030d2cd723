"""Ten thousand long polls that wait: what each costs in the server's memory."""

from measure.control_plane import ControlPlane
from measure.report import Figure
from suite.fanout import Watchers

COUNT = 10_000


def measure(options):
    with ControlPlane(connections=COUNT + 500) as server:
        server.load_cells()
        since = server.routing_revision()
        before = server.resident_bytes()
        with Watchers(server.port, COUNT) as watchers:
            watchers.watch(server.request("GET", f"/v1/routing-table?since={since}&wait=60s"))
            server.wait_for_watches(COUNT)
            held = server.resident_bytes()
            cpu = server.cpu_seconds()
            milliseconds = watchers.write(server.put_tenant("news"), '"news"')
            cpu = server.cpu_seconds() - cpu
        if milliseconds is None:
            raise RuntimeError("a fan-out to 10,000 stalled")
    return [
        Figure(f"{COUNT:,} suspended polls, memory each", (held - before) / COUNT, "B", at_most=9 * 1024),
        Figure(f"write seen by the last of {COUNT:,} polls", milliseconds, "ms"),
        Figure("CPU for each poll that is answered", cpu / COUNT * 1e6, "µs"),
    ]
