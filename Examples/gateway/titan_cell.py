"""The reference cell: follows section 10 of docs/gateway-protocol.md. Python 3.11, standard library only.

    python3 titan_cell.py --registry http://127.0.0.1:8080 --cell cell-1 --state-dir ./state --listen 127.0.0.1:8089
    curl -X POST -H 'Titan-Tenant: acme' -H 'Titan-Epoch: 1' http://127.0.0.1:8089/

It knows what the cell owns, refuses writes of all else, and says so to the control plane: that is the *seal* of a
tenant that is frozen. It stands for the whole cell; one with many processes acknowledges once each of them refuses.
"""

import argparse
import contextlib
import http.server
import json
import os
import random
import signal
import sys
import threading
import urllib.parse

from titan_gateway import FAILURES, SPREAD_SECONDS, WAIT_SECONDS, Client, RegistryAnswer, TableRefused
from titan_gateway import back_off, load, merge_patch, save, tag_parts

HOLD_SECONDS = 1  # how long a write may wait for news that its gateway has already and the cell has not


class Refused(Exception):
    """The cell must not take the write: the gateway answers 503 and polls."""


class TitanCell:
    def __init__(self, registry, cell, state_dir, token_file=None, rng=random.random, log=None):
        self.client = Client(registry, token_file)
        self.cell, self.feed_path = cell, f"/v1/cells/{urllib.parse.quote(cell, safe='')}/tenants"
        os.makedirs(state_dir, exist_ok=True)
        self.path = os.path.join(os.path.abspath(state_dir), "ownership")
        self.rng = rng
        self.log = log or (lambda message: print(message, file=sys.stderr, flush=True))
        self.changed = threading.Condition()
        self.owned, _ = load(self.path, cell)  # None: nothing is known, and every write refused
        self.under_way = {}  # tenant -> the epochs of its writes that have been let in and have not ended
        self.stopping = threading.Event()
        self.thread = None

    @contextlib.contextmanager
    def write(self, tenant, epoch):
        """Around all that a write does in the cell, its commit included. Raises Refused, before anything is done."""
        with self.changed:
            # The gateway may have heard of a move before the cell has.
            self.changed.wait_for(lambda: self.refusal(tenant, epoch) is None or not self.may_change(tenant, epoch),
                                  timeout=HOLD_SECONDS)
            reason = self.refusal(tenant, epoch)
            if reason is not None:
                raise Refused(reason)
            self.under_way.setdefault(tenant, []).append(epoch)
        try:
            yield
        finally:
            with self.changed:
                self.under_way[tenant].remove(epoch)
                if not self.under_way[tenant]:
                    del self.under_way[tenant]
                self.changed.notify_all()

    def refusal(self, tenant, epoch):
        """Why a write of that epoch is refused; None where it is not."""
        owned = self.owned["tenants"].get(tenant) if self.owned else None
        if owned is None:
            return "the cell does not own the tenant"
        if epoch < owned["epoch"]:
            return f"the epoch is {owned['epoch']}"
        state = owned.get("state", "serving")
        return None if state in ("serving", "migrating") else f"the tenant is {state}"

    def may_change(self, tenant, epoch):
        """True of a tenant that the cell may be about to get."""
        owned = self.owned["tenants"].get(tenant) if self.owned else None
        return owned is None or epoch > owned["epoch"]

    def start(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        failures = 0
        while not self.stopping.is_set():
            try:
                self.step()
                failures = 0
            except FAILURES as error:
                if self.stopping.is_set():
                    return
                failures += 1
                asked = getattr(error, "retry_after", 0) * (1 + self.rng() / 2)
                delay = max(asked, back_off(failures, self.rng))
                self.log(f"{error}; trying again in {delay:.1f} s")
                self.stopping.wait(delay)

    def step(self):
        """One exchange: all that the cell owns where nothing is known, else a poll, which acknowledges."""
        if self.owned is None:
            return self.fetch()
        since = self.owned["revision"]
        if not self.settled():
            raise OSError("writes of tenants that have left are still under way")
        query = {"since": since, "wait": f"{WAIT_SECONDS}s", "ack": "true"}
        try:
            delta = self.client.request("GET", self.feed_path, query, timeout=WAIT_SECONDS + 15)
        except RegistryAnswer as answer:
            if answer.status != 410:
                raise
            self.stopping.wait(self.rng() * SPREAD_SECONDS)
            return self.fetch()
        if delta.pop("from", None) != since:
            return self.fetch()
        if delta != {"revision": since}:
            self.take(merge_patch(self.owned, delta))

    def fetch(self):
        self.take(self.client.request("GET", self.feed_path))

    def take(self, owned):
        """Makes it durable, enforces it, and waits for the writes that it refuses: the next poll acknowledges it."""
        self.check(owned)
        save(self.path, self.cell, owned)
        with self.changed:
            self.owned = owned
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.settled() or self.stopping.is_set(), timeout=WAIT_SECONDS)

    def check(self, owned):
        try:
            tag = tag_parts(owned["revision"])
            last = tag_parts(self.owned["revision"]) if self.owned else tag
            epochs = {type(tenant["epoch"]) for tenant in owned["tenants"].values()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise TableRefused(f"it has not the shape of what a cell owns: {error!r}") from None
        if not epochs <= {int} or owned.get("cell") != self.cell:
            raise TableRefused(f"{owned['revision']} is not of this cell, or an epoch is no number")
        if tag[0] == last[0] and tag < last:
            raise TableRefused(f"{owned['revision']} is before {self.owned['revision']}")

    def settled(self):
        """True where no write is under way that would be refused now."""
        with self.changed:
            return all(self.refusal(tenant, min(epochs)) is None for tenant, epochs in self.under_way.items())

    def close(self):
        self.stopping.set()
        self.client.interrupt()
        with self.changed:
            self.changed.notify_all()
        if self.thread is not None:
            self.thread.join(timeout=5)


def handler(cell, commit=lambda tenant, epoch: None):
    """Takes a write of the tenant and epoch that its headers name, and calls `commit` while it is under way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            tenant, epoch = self.headers.get("Titan-Tenant", ""), self.headers.get("Titan-Epoch", "")
            status, answer = 200, {}
            try:
                with cell.write(tenant, int(epoch) if epoch.isdecimal() else 0):
                    commit(tenant, int(epoch))
            except Refused as refusal:
                status, answer = 421, {"error": str(refusal)}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *arguments):
            pass

    return Handler


def main():
    parser = argparse.ArgumentParser(description="Titan's reference cell")
    default = os.environ.get("CELL_REGISTRY_URL", "http://control-plane:8080")
    parser.add_argument("--registry", default=default, metavar="URL", help="the control plane")
    parser.add_argument("--cell", required=True, metavar="NAME")
    parser.add_argument("--state-dir", required=True, metavar="DIR", help="where what it owns is kept")
    parser.add_argument("--token-file", metavar="FILE", help="read anew for each request")
    parser.add_argument("--listen", default="127.0.0.1:8089", metavar="HOST:PORT")
    options = parser.parse_args()
    cell = TitanCell(options.registry, options.cell, options.state_dir, options.token_file)
    host, _, port = options.listen.rpartition(":")
    server = http.server.ThreadingHTTPServer((host, int(port)), handler(cell))
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: threading.Thread(target=server.shutdown).start())
    cell.start()
    server.serve_forever()
    server.server_close()
    cell.close()


if __name__ == "__main__":
    main()
