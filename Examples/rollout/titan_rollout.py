#!/usr/bin/env python3
"""Rolls a release over the cells, with many workers at once, and says how it went.

    titan_rollout.py RELEASE SERVICE=IMAGE… --change COMMAND [--workers 20] [--strategy JSON] [--rollout ID]

COMMAND brings one cell to its images: it is called with the cell and the images as JSON, and says by its exit status
whether the cell runs them and is well. While it runs, the claim's lease is renewed; a claim that was lost ends it.

Environment: CELL_REGISTRY_URL, CELLCTL_TOKEN. Exit status: 0 the release is on every cell, 1 it was rolled back,
2 a person is asked.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid


class Refused(Exception):
    def __init__(self, status, problem):
        super().__init__(problem.get("detail", str(status)))
        self.status, self.problem = status, problem


class ControlPlane:
    """One connection; not for two threads."""

    def __init__(self, url, token):
        self.address = urllib.parse.urlsplit(url).netloc
        self.fields = {"Content-Type": "application/json"}
        if token:
            self.fields["Authorization"] = f"Bearer {token}"
        self.connection = None

    def call(self, method, path, body=None, patience=60, key=None):
        """The answer, or None for 204. Waits over an absence of the control plane: every call here may be repeated.

        A claim only with a key: else the cell that was claimed last, whose answer was lost, would wait for its lease's end.
        """
        fields = {**self.fields, "Idempotency-Key": key} if key else self.fields
        deadline = time.monotonic() + patience
        while True:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(self.address, timeout=70)
                data = None if body is None else json.dumps(body)
                self.connection.request(method, path, data, fields)
                answer = self.connection.getresponse()
                text = answer.read()
                if answer.status < 500:
                    break
            except (OSError, http.client.HTTPException):
                if self.connection is not None:
                    self.connection.close()
                self.connection = None
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path}: the control plane does not answer")
            time.sleep(0.5)
        if answer.status >= 400:
            raise Refused(answer.status, json.loads(text))
        return json.loads(text) if text else None


def work(plane, rollout, name, command):
    """Claims, changes and reports until the rollout goes no further by itself; returns it."""
    while True:
        claimed = plane.call(
            "POST", f"/v1/rollouts/{rollout}:claim", {"worker": name}, key=f"claim-{uuid.uuid4()}")
        if claimed is None:
            state = plane.call("GET", f"/v1/rollouts/{rollout}:wait?wait=1s")
            if state["done"] or state["state"] in ("paused", "awaitingApproval"):
                return state
            continue
        path = f"/v1/rollouts/{rollout}/cells/{claimed['cell']}:report"
        report = {"fencingToken": claimed["fencingToken"]}
        try:
            healthy, message = change(plane, path, report, claimed, command)
            plane.call("POST", path, {
                **report, "release": claimed["release"], "healthy": healthy, "message": message[-1000:]})
        except Refused as refused:
            # Somebody else has the cell, or the rollout has turned round.
            print(f"{claimed['cell']}: {refused}", file=sys.stderr)


def change(plane, path, report, claimed, command):
    process = subprocess.Popen(
        [*command, claimed["cell"], json.dumps(claimed["images"])],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while True:
        try:
            output, _ = process.communicate(timeout=10)
            return process.returncode == 0, output.strip()
        except subprocess.TimeoutExpired:
            try:
                plane.call("POST", path, report)
            except Refused:
                process.kill()
                process.communicate()
                raise


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release")
    parser.add_argument("images", nargs="*", metavar="SERVICE=IMAGE")
    parser.add_argument("--change", required=True, help="the command that changes a cell")
    parser.add_argument("--workers", type=int, default=20)
    parser.add_argument("--strategy", type=json.loads, default={})
    parser.add_argument("--rollout", help="one that has begun")
    options = parser.parse_args()

    url = os.environ.get("CELL_REGISTRY_URL", "http://127.0.0.1:8080")
    token = os.environ.get("CELLCTL_TOKEN")
    plane = ControlPlane(url, token)
    rollout = options.rollout
    if rollout is None:
        images = dict(image.split("=", 1) for image in options.images)
        plane.call("PUT", f"/v1/releases/{options.release}", {"images": images})
        rollout = plane.call("POST", "/v1/rollouts", {
            "release": options.release, "strategy": options.strategy})["id"]
    print(rollout, flush=True)

    name = f"{socket.gethostname()}-{os.getpid()}"
    command = options.change.split()
    threads = [
        threading.Thread(target=work, args=(ControlPlane(url, token), rollout, f"{name}-{number}", command))
        for number in range(options.workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = plane.call("GET", f"/v1/rollouts/{rollout}")
    print(f"{state['state']}: {state['progress']}", file=sys.stderr)
    if state["state"] == "succeeded":
        return 0
    print("\n".join([state.get("cause", {}).get("message", ""), *state["nextSteps"]]), file=sys.stderr)
    return 1 if state["done"] else 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, TimeoutError) as failure:
        sys.exit(f"titan_rollout.py: {failure}")
