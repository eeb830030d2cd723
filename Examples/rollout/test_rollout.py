#!/usr/bin/env python3
"""Both example scripts roll a release over 500 cells of the real server, and roll it back on failure."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SERVER = os.environ.get("CONTROL_PLANE", str(HERE.parent.parent / ".build/debug/control-plane"))
CELLS = 500


class RolloutTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.data = pathlib.Path(self.folder.name) / "data"
        self.log = open(pathlib.Path(self.folder.name) / "log", "w+")
        self.start("127.0.0.1:0")
        self.listen = self.address()
        self.url = f"http://{self.listen}"
        self.token = (self.data / "admin-token").read_text().strip()
        lines = "\n".join(json.dumps({
            "id": f"cell-{number}", "zone": f"us-east-1{'abc'[number % 3]}", "capacity": 100, "state": "active",
            "images": {"order-service": "titan/order-service:old"}}) for number in range(1, CELLS + 1))
        self.call("POST", "/v1/cells:import", lines.encode(), "application/x-ndjson")

    def start(self, listen):
        self.server = subprocess.Popen(
            [SERVER, "serve", "--listen", listen, "--health-listen", "127.0.0.1:0", "--data-dir", self.data],
            stdout=self.log, stderr=self.log)

    def tearDown(self):
        self.server.terminate()
        self.server.wait(30)
        self.log.close()
        self.folder.cleanup()

    def address(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self.log.flush()
            for line in pathlib.Path(self.log.name).read_text().splitlines():
                message = json.loads(line)
                if message["message"] == "serving":
                    return message["listen"]
            if self.server.poll() is not None:
                break
            time.sleep(0.05)
        self.fail(pathlib.Path(self.log.name).read_text())

    def call(self, method, path, data=None, kind="application/json"):
        request = urllib.request.Request(
            self.url + path, data, {"Authorization": f"Bearer {self.token}", "Content-Type": kind}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def run_script(self, *arguments, broken="", status=0):
        changed = pathlib.Path(self.folder.name) / "changed"
        changed.write_text("")
        script = subprocess.run(
            arguments, capture_output=True, text=True, timeout=500,
            env={**os.environ, "CELL_REGISTRY_URL": self.url, "CELLCTL_TOKEN": self.token,
                 "CHANGE": str(HERE / "change-nothing"), "CHANGED": str(changed), "BROKEN": broken,
                 "STRATEGY": json.dumps(self.strategy)})
        self.assertEqual(script.returncode, status, script.stderr)
        calls = [line.split(" ", 1) for line in changed.read_text().splitlines()]
        return script.stdout.split()[0], calls

    strategy = {"canary": ["cell-1"], "bakeTime": "0s", "maxParallel": 20}
    image = "order-service=titan/order-service:new"

    def check_succeeded(self, name, calls):
        rollout = self.call("GET", f"/v1/rollouts/{name}")
        self.assertEqual((rollout["state"], rollout["progress"]["completed"]), ("succeeded", CELLS))
        self.assertEqual(calls[0][0], "cell-1")
        self.assertEqual(sorted(cell for cell, _ in calls), sorted(f"cell-{n}" for n in range(1, CELLS + 1)))
        for number in (1, 250, CELLS):
            services = self.call("GET", f"/v1/cells/cell-{number}/services")["items"]
            self.assertEqual(services[0]["observed"]["image"], "titan/order-service:new")

    def check_rolled_back(self, name, calls):
        rollout = self.call("GET", f"/v1/rollouts/{name}")
        self.assertEqual((rollout["state"], rollout["cause"]["kind"]), ("rolledBack", "failureBudget"))
        touched = {cell for cell, images in calls if ":new" in images}
        back = {cell for cell, images in calls if ":old" in images}
        self.assertIn("cell-30", touched)
        self.assertEqual(touched, back)
        last = {cell: images for cell, images in calls}
        self.assertTrue(all(":old" in images for images in last.values()))

    def test_killed(self):
        """kill -9 again and again: every cell is changed, and none of them twice."""
        over = threading.Event()

        def kill():
            while not over.wait(1.5):
                self.server.kill()
                self.server.wait()
                self.start(self.listen)
                self.kills += 1

        self.kills = 0
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            result = self.run_script(
                HERE / "titan_rollout.py", "good", self.image, "--change", str(HERE / "change-nothing"),
                "--strategy", json.dumps(self.strategy))
        finally:
            over.set()
            killer.join()
        self.check_succeeded(*result)
        self.assertGreater(self.kills, 2)

    def test_shell(self):
        script = HERE / "roll-out.sh"
        self.check_rolled_back(*self.run_script(script, "bad", self.image, broken="cell-30", status=1))
        self.check_succeeded(*self.run_script(script, "good", self.image))

    def test_python(self):
        script = [HERE / "titan_rollout.py"]
        more = ["--change", str(HERE / "change-nothing"), "--strategy", json.dumps(self.strategy)]
        self.check_rolled_back(
            *self.run_script(*script, "bad", self.image, *more, broken="cell-30", status=1))
        self.check_succeeded(*self.run_script(*script, "good", self.image, *more))


if __name__ == "__main__":
    unittest.main()
