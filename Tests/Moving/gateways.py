"""A few reference gateways in one process, which can be stopped and killed together, each with a customer who writes.

    python3 gateways.py --registry URL --ids edge-0,edge-1 --state-dir DIR --cells HOST:PORT --tenants N …

Commands come as lines of JSON, each answered by a line: {"focus": [tenant, …]} sets whom four in five writes are for;
{"figures": true} says what was written since the last time; {"sweep": [k, n]} writes each k-th of n parts of the
tenants, {"quiet": true} ends the customers' writes, {"tables": true} gives the digest of each table. At the end of
input the gateways deregister.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import sys
import threading
import time
import types

import reference  # noqa: F401 - where the reference gateway is
from titan_gateway import FLIGHT_SECONDS, TitanGateway, clock, digest_of

RETRY_SECONDS = 0.2  # sooner than the Retry-After, so that a pause is measured and not this


class ForwardingGateway(TitanGateway):
    """The reference gateway with the part that it leaves to others: it forwards writes, and knows which are under way."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.flights = threading.Condition()
        self.under_way = {}  # a number -> tenant, cell and epoch by which it was forwarded
        self.forwarded = 0

    def forward(self, host, connection):
        """What becomes of a write: `taken`, or why not."""
        with self.flights:  # decided and under way in one step, which a new table comes before or after
            status, route = self.decide(host, "POST")
            if status != 200:
                return route
            decided_at = clock()
            self.forwarded += 1
            number = self.forwarded
            self.under_way[number] = route["tenant"], route["cell"], route["epoch"]
        try:
            return connection.send([route["cell"], route["tenant"], route["epoch"], decided_at])
        except OSError as error:
            time.sleep(max(0, decided_at + FLIGHT_SECONDS - clock()))  # only then it is over in the cell too
            return str(error)
        finally:
            with self.flights:
                del self.under_way[number]
                self.flights.notify_all()

    def take(self, table, delta=None):
        """Comes back, so that the table can be acknowledged, once the writes that it forbids have ended."""
        super().take(table, delta)
        with self.flights:
            self.flights.wait_for(lambda: not any(map(self.is_forbidden, self.under_way.values())))

    def is_forbidden(self, flight):
        tenant, cell, epoch = flight
        entry = self.table["tenants"].get(tenant, {})
        return (entry.get("cell"), entry.get("epoch"), entry.get("state") == "frozen") != (cell, epoch, False)


class CarelessGateway(ForwardingGateway):
    """Sabotage: it does not know what a lease is."""

    def decide(self, host, method="GET"):
        self.lease_until = clock() + 1
        return super().decide(host, method)


class HastyGateway(ForwardingGateway):
    """Sabotage: it acknowledges what it has on disk, and routes by what it had two seconds before."""

    late = ()

    def take(self, table, delta=None):
        now, old = clock(), self.table
        TitanGateway.take(self, table, delta)
        if old is not None:
            self.late = [entry for entry in self.late if entry[0] > now] + [(now + 2, old)]

    def lookup(self, host):
        now = clock()
        tables = [old for until, old in self.late if until > now]
        return TitanGateway.lookup(types.SimpleNamespace(table=tables[0]), host) if tables else super().lookup(host)


KINDS = {"": ForwardingGateway, "lease": CarelessGateway, "acknowledgement": HastyGateway}


class Connection:
    """To the cells: one write after the other."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.address, self.socket = (host, int(port)), None

    def send(self, write):
        try:
            if self.socket is None:
                self.socket = socket.create_connection(self.address, timeout=FLIGHT_SECONDS)
                self.lines = self.socket.makefile("rb")
            self.socket.sendall(json.dumps(write).encode() + b"\n")
            answer = self.lines.readline()
        except OSError:
            self.socket = None
            raise
        if not answer:
            self.socket = None
            raise ConnectionError("the cells are gone")
        return answer.decode().strip()


class Customer:
    """Writes to one tenant after the other, and again to those that were refused, until they are taken."""

    def __init__(self, gateway, address, tenants, rate, rng):
        self.gateway, self.address, self.tenants, self.rng = gateway, address, tenants, rng
        self.seconds_between = 1 / rate
        self.focus, self.refused = [], {}  # refused: tenant -> when it was first, when to try again
        self.counts, self.pauses = {"taken": 0, "refused": 0, "late": 0}, []
        self.lock, self.is_quiet = threading.Lock(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        connection = Connection(self.address)
        while not self.is_quiet.wait(self.seconds_between):
            now = clock()
            again = [tenant for tenant, (_, due) in self.refused.items() if due <= now]
            for tenant in [self.choose(), *again]:
                self.write(tenant, connection)

    def choose(self):
        focus = self.focus
        return self.rng.choice(focus) if focus and self.rng.random() < 0.8 else f"t{self.rng.randrange(self.tenants)}"

    def write(self, tenant, connection):
        started_at = clock()
        answer = self.gateway.forward(f"{tenant}.example", connection)
        with self.lock:
            self.counts[answer if answer in self.counts else "refused"] += 1
            if answer != "taken":
                first, _ = self.refused.get(tenant, (started_at, 0))
                self.refused[tenant] = first, clock() + RETRY_SECONDS
            elif tenant in self.refused:
                self.pauses.append(clock() - self.refused.pop(tenant)[0])

    def figures(self):
        with self.lock:
            result = {"counts": dict(self.counts), "pauses": self.pauses}
            self.pauses = []
            return result


def answer(command, customers, options):
    if "focus" in command:
        for customer in customers:
            customer.focus = command["focus"]
    if "quiet" in command:
        for customer in customers:
            customer.is_quiet.set()
        for customer in customers:
            customer.thread.join()
    if "figures" in command:
        return [customer.figures() for customer in customers]
    if "tables" in command:
        return [[c.gateway.table["revision"], digest_of(c.gateway.table)] for c in customers]
    if "sweep" in command:
        part, parts = command["sweep"]
        connection, gateway = Connection(options.cells), customers[0].gateway
        answers = {f"t{n}": gateway.forward(f"t{n}.example", connection) for n in range(part, options.tenants, parts)}
        return {tenant: text for tenant, text in answers.items() if text != "taken"}
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("registry", "ids", "state-dir", "cells"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--tenants", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="writes a second, of each gateway")
    parser.add_argument("--seed", required=True)
    parser.add_argument("--sabotage", default="", choices=KINDS)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    customers = []
    for name in options.ids.split(","):
        gateway = KINDS[options.sabotage](options.registry, name, os.path.join(options.state_dir, name),
                                          log=lambda message: None)
        gateway.start()
        rng = random.Random(f"{options.seed} {name}")
        customers.append(Customer(gateway, options.cells, options.tenants, options.rate, rng))
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), customers, options)), flush=True)
    for customer in customers:
        customer.is_quiet.set()
    for customer in customers:
        customer.thread.join()
        with contextlib.suppress(OSError):
            customer.gateway.close()


if __name__ == "__main__":
    main()
