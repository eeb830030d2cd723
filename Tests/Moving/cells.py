"""Cells that record: every write that one of them takes is a line of one file, in the order in which they were taken.

    python3 cells.py --journal FILE --registry URL --token-file FILE --state-dir DIR --fenced cell-1,cell-2 …

All cells are this one process, so that the order between two of them is beyond doubt. A *fenced* one is the reference
cell with its ownership feed. An *unfenced* one keeps no more than the flight time: it drops a write that its gateway
decided on longer ago, as a service that observes deadlines does, and takes all else.

Prints the port it listens on. Lines of the journal, by tabs: what (`write`, `seals`, `opens`), seconds on a monotonic
clock, milliseconds of the wall clock, cell, tenant, epoch.
"""

import argparse
import json
import os
import signal
import socketserver
import sys
import threading
import time

import reference  # noqa: F401 - where the reference cell and gateway are
from titan_cell import Refused, TitanCell
from titan_gateway import FLIGHT_SECONDS, clock


class Journal:
    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "w", encoding="ascii")

    def write(self, cell, tenant, epoch, decided_at):
        """False where the flight time of the write is over."""
        with self.lock:
            if clock() - decided_at > FLIGHT_SECONDS:
                return False
            self._line("write", cell, tenant, epoch)
            return True

    def note(self, what, cell, tenants):
        with self.lock:
            for tenant in tenants:
                self._line(what, cell, tenant, 0)

    def _line(self, *fields):
        what, *rest = fields
        self.file.write("\t".join(map(str, (what, time.monotonic(), int(time.time() * 1000), *rest))) + "\n")

    def flush(self):
        with self.lock:
            self.file.flush()


class RecordingCell(TitanCell):
    """The reference cell, which says in the journal when it has sealed a tenant and when it opens for one."""

    def __init__(self, journal, *arguments, **options):
        super().__init__(*arguments, **options)
        self.journal = journal

    def take(self, owned):
        before, after = self.open_for(self.owned), self.open_for(owned)
        self.journal.note("opens", self.cell, after - before)
        super().take(owned)
        if self.settled():
            self.journal.note("seals", self.cell, before - after)

    @staticmethod
    def open_for(owned):
        tenants = owned["tenants"] if owned else {}
        return {t for t, entry in tenants.items() if entry.get("state", "serving") in ("serving", "migrating")}


class HeedlessCell(RecordingCell):
    """Sabotage: it acknowledges that it has sealed its tenants, and takes every write."""

    def refusal(self, tenant, epoch):
        return None


def handler(journal, fenced):
    class Handler(socketserver.StreamRequestHandler):
        """A line in for each write, a line out: `taken`, `late`, or why it is refused."""

        def handle(self):
            for line in self.rfile:
                name, tenant, epoch, decided_at = json.loads(line)
                try:
                    self.wfile.write(self.answer(name, tenant, epoch, decided_at).encode() + b"\n")
                except OSError:
                    return

        def answer(self, name, tenant, epoch, decided_at):
            cell = fenced.get(name)
            if cell is None:
                return "taken" if journal.write(name, tenant, epoch, decided_at) else "late"
            try:
                with cell.write(tenant, epoch):
                    return "taken" if journal.write(name, tenant, epoch, decided_at) else "late"
            except Refused as refusal:
                return str(refusal)

    return Handler


class Server(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 256


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("journal", "registry", "token-file", "state-dir", "port"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--fenced", default="", help="cells with an ownership feed, by commas")
    parser.add_argument("--heedless", action="store_true", help="they acknowledge seals and do not keep them")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    journal = Journal(options.journal)
    kind = HeedlessCell if options.heedless else RecordingCell
    fenced = {
        name: kind(journal, options.registry, name, os.path.join(options.state_dir, name), options.token_file,
                   log=lambda message: None)
        for name in options.fenced.split(",") if name
    }
    server = Server(("127.0.0.1", int(options.port)), handler(journal, fenced))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for cell in fenced.values():
        cell.start()
    for _ in sys.stdin:  # a line asks that all be in the file; the end of input ends the cells
        journal.flush()
        print("flushed", flush=True)
    journal.flush()
    os._exit(0)  # without waiting for hundreds of polls


if __name__ == "__main__":
    main()
