"""The reference copier: follows docs/movers.md and nothing else. Python 3.11, standard library only.

    python3 titan_mover.py --root ./cells --secret-file webhook-secret --listen 127.0.0.1:8090

A tenant's data is the folder ROOT/<cell>/<tenant>. Each phase makes one folder like another and so may be run again at
any time; what must outlive a restart, which attempts were seen and which phases are done, is one small file a batch.
"""

import argparse
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import signal
import threading
import time
import urllib.parse

PHASES = ("prepare", "copy", "catchUp", "finalCopy", "cleanup", "undo")
LAST = ("cleanup", "undo")
BODY_BYTES_MAX = 512 * 1024
CLOCK_SECONDS_MAX = 300  # older calls may be recorded ones that are played again
HOLD_SECONDS, FINAL_HOLD_SECONDS = 2, 25  # how long a call waits for its work; a call is held for 30 s at most


class Refused(Exception):
    """A call that is not carried out, with the status that says why."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


class Stopped(Exception):
    """Work that a later call has overtaken."""


def check_signature(secret, headers, body, now):
    """Raises unless the body was signed with the secret, not long ago."""
    timestamp = headers.get("Titan-Timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Refused(401, "there is no Titan-Timestamp")
    expected = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    given = [part.strip() for part in headers.get("Titan-Signature", "").split(",")]
    if not any(hmac.compare_digest(part.encode(), b"v1=" + expected.encode()) for part in given):
        raise Refused(401, "the signature is not right")
    if abs(now - int(timestamp)) > CLOCK_SECONDS_MAX:
        raise Refused(401, "the call is too old, or one of the clocks is wrong")


def check_call(call, delivery):
    """Raises unless the call has what is needed; members that are not known are left alone."""
    texts = ("migration", "phase", "source")
    if not isinstance(call, dict) or not all(isinstance(call.get(name), str) for name in texts):
        raise Refused(400, "migration, phase and source must be strings")
    if not all(type(call.get(name)) is int for name in ("batch", "attempt")):
        raise Refused(400, "batch and attempt must be whole numbers")
    if call["phase"] not in PHASES:
        raise Refused(400, "the phase is not known")
    items = call.get("tenants")
    if not isinstance(items, list) or not all(
            isinstance(item, dict) and isinstance(item.get("tenant"), str) and isinstance(item.get("target"), str)
            for item in items):
        raise Refused(400, "tenants must be a list of tenant and target")
    if any(item["target"] == call["source"] for item in items):
        raise Refused(400, "a tenant can't be copied to the cell that it is on")
    if delivery != "/".join(str(call[name]) for name in ("migration", "batch", "phase", "attempt")):
        raise Refused(400, "Titan-Delivery is not that of the body")


def file_name(text):
    """A name that is one step of a path, whatever the text; two texts never share one."""
    name = urllib.parse.quote(text, safe="").replace(".", "%2E")
    # Longer ones are no file's; and %s is no escape, so that no text is written like this.
    return name if len(name) <= 200 else "%sha256-" + hashlib.sha256(text.encode()).hexdigest()


def sync_folder(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path, content):
    """Writes the file so that a crash leaves the old one or the new one."""
    temporary = path.with_name(path.name + "~titan")
    with open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def contents(folder):
    """The files below a folder, by relative path; links, which may lead anywhere, are none."""
    return {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def mirror(source, target, remove, stop):
    """Makes the target's files those of the source, durably; with `remove` also takes away what is too many."""
    if not source.is_dir():
        raise FileNotFoundError(None, "the source has no data of a tenant")  # what is not there empties nothing
    target.mkdir(exist_ok=True)
    wanted = contents(source)
    for relative, path in sorted(wanted.items()):
        if stop.is_set():
            raise Stopped
        there = target / relative
        content = path.read_bytes()
        if not there.is_file() or there.read_bytes() != content:
            there.parent.mkdir(parents=True, exist_ok=True)
            replace_file(there, content)
    if remove:
        for relative, path in contents(target).items():
            if relative not in wanted:
                path.unlink()
    os.sync()  # folders that are new, and files that are gone


class Work(threading.Thread):
    """One question, carried out once."""

    def __init__(self, batch, call, delivery):
        super().__init__(daemon=True)
        self.batch, self.call, self.delivery = batch, call, delivery
        self.stop = threading.Event()
        self.progress, self.message, self.failure = 0.0, "", None

    def run(self):
        call, items = self.call, self.call["tenants"]
        try:
            for number, item in enumerate(items):
                source = self.batch.mover.folder(call["source"], item["tenant"])
                target = self.batch.mover.folder(item["target"], item["tenant"])
                self.step(call["phase"], source, target)
                self.progress, self.message = (number + 1) / len(items), f"{number + 1} of {len(items)} tenants"
            self.batch.finish(self.delivery)
        except Stopped:
            self.failure = "a later call came before it was done"
        except OSError as error:
            self.failure = error.strerror or "input or output failed"

    def step(self, phase, source, target):
        if self.stop.is_set():
            raise Stopped
        if phase == "prepare":
            if not source.is_dir():
                raise FileNotFoundError(None, "the source has no data of a tenant")
            target.mkdir(exist_ok=True)
        elif phase in ("copy", "catchUp"):
            mirror(source, target, remove=False, stop=self.stop)
        elif phase == "finalCopy":
            mirror(source, target, remove=True, stop=self.stop)
        else:
            gone = source if phase == "cleanup" else target
            if gone.exists():
                shutil.rmtree(gone)


class Batch:
    """What is known of a batch; all but the running work is on disk before it is acted on."""

    def __init__(self, mover, name):
        self.mover, self.path = mover, mover.state / f"{file_name(name)}.json"
        self.lock = threading.Lock()
        self.works = {}
        try:
            self.known = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            self.known = {"attempt": 0, "last": None, "done": []}

    def save(self):
        replace_file(self.path, json.dumps(self.known).encode())

    def work(self, call, delivery):
        """The work of a question, begun if it is new; None where it is done."""
        with self.lock:
            if call["attempt"] < self.known["attempt"]:
                raise Refused(409, "a later attempt has begun")
            if self.known["last"] not in (None, call["phase"]):
                raise Refused(409, f"{self.known['last']} came before")
            if delivery in self.known["done"]:
                return None
            if delivery not in self.works:
                # Two phases never work on the same folders, nor on the batch's file: the older one ends first.
                for work in self.works.values():
                    work.stop.set()
                    work.join()
                self.known["attempt"] = call["attempt"]
                self.known["last"] = call["phase"] if call["phase"] in LAST else None
                self.save()
                self.works = {delivery: Work(self, call, delivery)}
                self.works[delivery].start()
            return self.works[delivery]

    def finish(self, delivery):
        """On the work's own thread: nobody else writes until it has ended."""
        self.known["done"] = self.known["done"] + [delivery]
        self.save()


class TitanMover:
    def __init__(self, root, secret, clock=time.time):
        self.root, self.secret, self.clock = pathlib.Path(root), secret, clock
        self.state = self.root / ".titan-mover"
        self.state.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        self.batches = {}

    def folder(self, cell, tenant):
        """Cells are looked up, not made: a name that nobody has set up here is a mistake."""
        path = self.root / file_name(cell)
        if not path.is_dir():
            raise FileNotFoundError(None, "a cell is not known here")
        return path / file_name(tenant)

    def answer(self, headers, body):
        """The status and the JSON for a call."""
        try:
            check_signature(self.secret, headers, body, self.clock())
            try:
                call = json.loads(body)
            except ValueError:
                raise Refused(400, "the body is no JSON") from None
            delivery = headers.get("Titan-Delivery")
            check_call(call, delivery)
            name = f"{call['migration']}/{call['batch']}"
            with self.lock:
                batch = self.batches.get(name) or self.batches.setdefault(name, Batch(self, name))
            work = batch.work(call, delivery)
            if work is None:
                return 200, {"state": "done", "progress": 1.0}
            work.join(FINAL_HOLD_SECONDS if call["phase"] == "finalCopy" else HOLD_SECONDS)
            if work.failure:
                return 200, {"state": "failed", "message": work.failure}
            state = "running" if work.is_alive() else "done"
            return 200, {"state": state, "progress": work.progress, "message": work.message}
        except Refused as refusal:
            return refusal.status, {"message": refusal.message}
        except OSError as error:
            return 503, {"message": error.strerror or "input or output failed"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            return self.reply(413, {"message": f"a body has a length, of at most {BODY_BYTES_MAX} bytes"})
        self.reply(*self.server.mover.answer(self.headers, self.rfile.read(int(length))))

    def reply(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, mover):
        super().__init__(address, Handler)
        self.mover = mover


def read_secret(path):
    """The file's bytes without the one line end behind them, as the control plane takes them."""
    secret = pathlib.Path(path).read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    if len(secret) < 32:
        raise SystemExit(f"{path} is too short for a secret; `openssl rand -hex 32` makes one")
    return secret


def main():
    parser = argparse.ArgumentParser(description="Copies tenants' folders when the Titan control plane asks.")
    parser.add_argument("--root", required=True, help="folder with one folder a cell")
    parser.add_argument("--secret-file", required=True, help="the control plane's --webhook-secret-file")
    parser.add_argument("--listen", default="127.0.0.1:8090", metavar="HOST:PORT")
    options = parser.parse_args()
    host, _, port = options.listen.rpartition(":")
    server = Server((host, int(port)), TitanMover(options.root, read_secret(options.secret_file)))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print("listening on %s:%d" % server.server_address[:2], flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
