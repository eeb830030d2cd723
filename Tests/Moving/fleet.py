"""The processes of a run: a control plane that is killed and started again, recording cells, groups of gateways."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path as Folder

import judge
from path import Path

HERE = Folder(__file__).resolve().parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ControlPlane:
    def __init__(self, binary, folder):
        self.binary, self.data, self.log = binary, folder / "data", folder / "control-plane.log"
        self.port, self.kills = free_port(), 0
        self.start()
        self.token_file = self.data / "admin-token"
        self.token = self.token_file.read_text().strip()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        begin = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data-dir", self.data, "--listen", f"127.0.0.1:{self.port}",
                 "--health-listen", "127.0.0.1:0"], stderr=log)
        end = time.monotonic() + 60
        while b'"message":"serving"' not in self.log.read_bytes()[begin:]:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the control plane did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.01)

    def kill(self):
        """kill -9, and a start on what is on disk then."""
        self.process.kill()
        self.process.wait()
        self.kills += 1
        self.start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def call(self, method, path, body=None, kind="application/json"):
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.token}", "Content-Type": kind})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content.decode()[:1000]}")
        return json.loads(content)

    def pages(self, path):
        cursor = ""
        while True:
            page = self.call("GET", f"{path}{'&' if '?' in path else '?'}limit=1000{cursor}")
            yield from page["items"]
            if not page.get("nextCursor"):
                return
            cursor = f"&cursor={page['nextCursor']}"

    def load(self, path, items):
        lines = b"".join(json.dumps(item).encode() + b"\n" for item in items)
        report = self.call("POST", path, lines, "application/x-ndjson")
        if report["created"] != len(items):
            raise RuntimeError(f"{path}: {report}")


class Helper:
    """A process of this folder that takes lines and answers each by one."""

    def __init__(self, program, *arguments):
        self.command = [sys.executable, HERE / program, *map(str, arguments)]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def told(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.command[1]} has ended with {self.process.wait()}")
        return line

    def ask(self, text):
        self.tell(text)
        return self.told()

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.send_signal(signal.SIGCONT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Cells(Helper):
    def __init__(self, plane, folder, port, fenced, heedless=False):
        self.journal = folder / "journal"
        super().__init__("cells.py", "--journal", self.journal, "--registry", plane.url, "--token-file", plane.token_file,
                         "--state-dir", folder / "cells", "--port", port, "--fenced", ",".join(fenced),
                         *["--heedless"] * heedless)

    def entries(self):
        self.ask("flush")
        return judge.read(self.journal)


class Group(Helper):
    """Gateways of one process, which reach the control plane by a way of their own."""

    def __init__(self, plane, folder, cells_port, ids, options):
        self.ids, self.path, self.focus = ids, Path(plane.port), []
        super().__init__("gateways.py", "--registry", f"http://127.0.0.1:{self.path.port}", "--ids", ",".join(ids),
                         "--state-dir", folder / "gateways", "--cells", f"127.0.0.1:{cells_port}",
                         "--tenants", options.tenants, "--rate", options.rate, "--seed", options.seed,
                         "--sabotage", options.sabotage if options.sabotage in ("lease", "acknowledgement") else "")

    def answered(self):
        return json.loads(self.told())

    def say(self, **command):
        return json.loads(self.ask(json.dumps(command)))

    def write_for(self, tenants):
        self.focus = tenants
        self.say(focus=tenants)

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.start()
        self.say(focus=self.focus)
