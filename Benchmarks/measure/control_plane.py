"""The server that is measured, as anybody would run it."""

import http.client
import json
import re
import subprocess
import time

from . import registry
from .load import http as request
from .processes import BINARY, SERVER_CORE, Process, folder, tool


class ControlPlane(Process):
    """A release server on free ports, in which nothing may be done without a token."""

    def __init__(self, data=None, cores=SERVER_CORE, connections=None, program=(BINARY,)):
        self.data = data or folder("data")
        options = [
            "serve", "--data-dir", self.data, "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0",
            "--anonymous-role", "none",
        ]  # fmt: skip
        if connections:
            options += ["--connections-max", connections, "--watches-max", connections]
        start = time.perf_counter()
        super().__init__([*program, *options], cores)
        self.port, self.health_port = self._ports()
        self._must_be_ready()
        self.seconds_to_ready = time.perf_counter() - start
        self.token = (self.data / "admin-token").read_text().strip()
        self.authorization = f"Authorization: Bearer {self.token}"

    def _ports(self):
        """Where it listens, as its log says."""
        with open(self.log.name) as log:
            while self.popen.poll() is None:
                line = log.readline()
                if '"message":"serving"' in line and line.endswith("\n"):
                    event = json.loads(line)
                    return [int(event[key].rsplit(":", 1)[1]) for key in ("listen", "healthListen")]
                if not line:
                    time.sleep(0.001)
        raise RuntimeError(f"the control plane did not start: {open(self.log.name).read()[-2000:]}")

    def _must_be_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=10)
        connection.request("GET", "/health/ready")
        if connection.getresponse().status != 200:
            raise RuntimeError("the control plane serves and is not ready")

    def call(self, method, path, body=None, timeout=600, **headers):
        """The answer's bytes; the fields of the last one are in `answered`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Authorization": f"Bearer {self.token}"} | headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:500]}")
        self.answered = answer.headers
        return data

    def load_cells(self):
        report = json.loads(
            self.call("POST", "/v1/cells:import", registry.cell_lines(), Content_Type=registry.NDJSON))  # fmt: skip
        assert report["created"] == registry.CELLS, report

    def load_tenants(self, count, first=0):
        """Imports them over HTTP."""
        lines = registry.tenant_lines(count, first)
        report = json.loads(self.call("POST", "/v1/tenants:import", lines, Content_Type=registry.NDJSON))
        assert report["created"] == count, report

    def request(self, method, target, headers=(), body=b""):
        """A request as it goes over the wire, with the token."""
        return request(method, target, [self.authorization, *headers], body)

    def put_tenant(self, name):
        """The write that is measured: the policy chooses the cell."""
        return self.request("PUT", f"/v1/tenants/{name}", ["Content-Type: application/json"], b'{"load":1}')

    def routing_revision(self):
        return json.loads(self.call("GET", "/v1/registry"))["routingRevision"]

    def metric(self, name):
        connection = http.client.HTTPConnection("127.0.0.1", self.health_port, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        return float(re.search(rf"^{name} (\S+)$", text, re.M).group(1))

    def wait_for_watches(self, count, seconds=20):
        end = time.monotonic() + seconds
        while self.metric("titan_watches") != count:
            if time.monotonic() > end:
                raise RuntimeError(f"only {self.metric('titan_watches')} of {count} long polls are held")
            time.sleep(0.05)


_filled = {}


def filled(count):
    """A data folder with 500 cells and so many tenants, made once a run by SQLite's own API."""
    if count not in _filled:
        with ControlPlane() as server:
            server.load_cells()
        subprocess.run([tool("fill"), server.data / "registry.db", str(count)], check=True)
        _filled[count] = server.data
    return _filled[count]
