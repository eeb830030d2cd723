"""The reference gateway: follows docs/gateway-protocol.md and nothing else. Python 3.11, standard library only.

    python3 titan_gateway.py --registry http://127.0.0.1:8080 --id edge-1 --state-dir ./state --listen 127.0.0.1:8088
    curl 'http://127.0.0.1:8088/lookup?host=shop.acme.com&method=POST'

It decides where a request goes and forwards none. One thread talks to the control plane; look-ups read `self.table`,
which is replaced in one step and never altered, so that they need no lock.
"""

import argparse
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import random
import signal
import socket
import sys
import threading
import time
import urllib.parse
import zlib

WAIT_SECONDS = 30  # shorter than the lease, so that a poll that is held does not outlive it
LEASE_SECONDS = 45
FLIGHT_SECONDS = 15  # no forwarded write is under way for longer
LIFETIME_SECONDS = 24 * 3600  # past this age a table serves nothing
BACKOFF_SECONDS, BACKOFF_SECONDS_MAX = 0.5, 30
SPREAD_SECONDS = 2  # how far apart gateways fetch that were all told 410 at once
LOST_TENANTS_MAX, LOST_SHARE_MAX = 20, 0.2
TABLE_BYTES_MAX = 1 << 30
READS = ("GET", "HEAD", "OPTIONS")


class TableRefused(Exception):
    """A table that must not be used: the one in use stays, and the control plane is told why."""


class RegistryAnswer(Exception):
    def __init__(self, status, retry_after=0.0):
        super().__init__(f"the control plane answered {status}")
        self.status, self.retry_after = status, retry_after


FAILURES = (RegistryAnswer, TableRefused, OSError, http.client.HTTPException, ValueError, zlib.error)


def clock():
    """Seconds that pass in suspension too, and that no one sets: leases are counted by it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def merge_patch(target, patch):
    """RFC 7396: null removes, objects merge, all else replaces. Neither argument is altered."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def canonical(table):
    """Sorted, compact, UTF-8: what the digest is made over."""
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def digest_of(table):
    return hashlib.sha256(canonical(table)).hexdigest()


def tag_parts(tag):
    incarnation, _, number = tag.partition(".")
    return incarnation, int(number)


def back_off(failures, rng=random.random):
    """Seconds to wait after that many failures in a row: full jitter, so that no two gateways retry in step."""
    return rng() * min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2 ** min(failures, 16))


def check(table, last, is_full, delta=None):
    """Raises TableRefused unless `table` may follow `last`, which is None where there is none.

    With the delta that made it of `last` only what that has changed is looked at, where that is enough.
    """
    try:
        part = table if delta is None else changed(table, delta)
        tag = tag_parts(table["revision"])
        tenants, cells = part["tenants"].values(), part["cells"].values()
        # One by one: the difference of a set and a dictionary's keys walks through all of the keys.
        lost_cells = {tenant["cell"] for tenant in tenants if tenant["cell"] not in table["cells"]}
        strays = {tenant for tenant in part["hosts"].values() if tenant not in table["tenants"]}
        epochs = {type(tenant["epoch"]) for tenant in tenants}
        shapes = [(cell["zone"], dict(cell["endpoints"])) for cell in cells]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TableRefused(f"it has not the shape of a table: {error!r}") from None
    if lost_cells or strays or not epochs <= {int} or len(shapes) != len(cells):
        names = ", ".join(sorted(map(str, lost_cells | strays))[:3])
        raise TableRefused(f"{table['revision']}: names what is not in it: {names or 'an epoch'}")
    if last is None:
        return
    last_tag = tag_parts(last["revision"])
    if tag[0] == last_tag[0] and tag < last_tag:
        raise TableRefused(f"{table['revision']} is before {last['revision']}")
    before, lost = len(last["tenants"]), len(last["tenants"]) - len(table["tenants"])
    if is_full and before and not table["tenants"]:
        raise TableRefused(f"{table['revision']} has no tenants")
    if lost > LOST_TENANTS_MAX and lost > before * LOST_SHARE_MAX:
        raise TableRefused(f"{table['revision']}: {100 * lost // before} % of the tenants are gone")


def changed(table, delta):
    """What the delta has changed of the table; all of it where something is gone that the rest may name."""
    names = {section: delta.get(section, {}) for section in ("cells", "tenants", "hosts")}
    if None in names["cells"].values() or None in names["tenants"].values():
        return table
    return {section: {name: table[section][name] for name, entry in changes.items() if entry is not None}
            for section, changes in names.items()}


def load(path, owner):
    """What `owner` kept there, and its age in seconds; (None, 0) where that is nothing, damaged, or another's."""
    with contextlib.suppress(OSError, ValueError, KeyError), open(path, "rb") as file:
        age = max(0.0, time.time() - os.fstat(file.fileno()).st_mtime)
        *lines, _ = file.read().split(b"\n")  # the rest of a line that a crash cut short was never acknowledged
        table = None
        for line in lines:
            digest, _, content = line.partition(b" ")
            name, _, body = content.partition(b" ")
            if (digest.decode(), name.decode()) != (hashlib.sha256(content).hexdigest(), owner):
                return None, 0
            entry = json.loads(body)
            if table is not None and entry.pop("from") != table["revision"]:
                return None, 0
            table = entry if table is None else merge_patch(table, entry)
        return (table, age) if table is not None else (None, 0)
    return None, 0


def line_of(owner, content):
    body = f"{owner} ".encode() + canonical(content)
    return hashlib.sha256(body).hexdigest().encode() + b" " + body + b"\n"


def save(path, owner, table):
    """Keeps the table, durable when this returns: a crash at any moment leaves the old one or the new one.

    A line: its digest, whose it is, the table. The modification time is that of the last contact.
    """
    line = line_of(owner, table)
    replace(path, line)
    return len(line)


class Journal:
    """Keeps a table by `save`, and a delta as one line more, until those are as long as the table.

    So a change of one tenant among a million costs one line, and acknowledging it does not wait for all the others.
    """

    def __init__(self, path, owner):
        self.path, self.owner = path, owner
        self.room = 0  # bytes that may be appended; none after a start or a failure, which may have left half a line

    def keep(self, table, delta=None):
        line = b"" if delta is None else line_of(self.owner, delta)
        room, self.room = self.room, 0
        if 0 < len(line) <= room:
            length = os.stat(self.path).st_size
            try:
                with open(self.path, "ab") as file:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                os.truncate(self.path, length)
                raise
            self.room = room - len(line)
        else:
            self.room = save(self.path, self.owner, table)


def replace(path, content):
    with open(path + ".new", "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
    sync_folder(path)


def sync_folder(path):
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Client:
    """One exchange at a time with the control plane."""

    def __init__(self, url, token_file=None):
        self.url, self.token_file = urllib.parse.urlsplit(url), token_file
        self.connection = None

    def request(self, method, path, query=None, body=None, timeout=15, once_connected=lambda: None):
        """The answer's JSON. Calls `once_connected` when there is somebody who listens, before anything is sent."""
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        connection = self.connection = kind(self.url.hostname, self.url.port, timeout=timeout)
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "Connection": "close"}
        if self.token_file:
            with open(self.token_file, encoding="ascii") as file:  # each time: it may have been replaced
                headers["Authorization"] = f"Bearer {file.read().strip()}"
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = canonical(body)
        target = self.url.path.rstrip("/") + path + ("?" + urllib.parse.urlencode(query) if query else "")
        try:
            connection.connect()
            once_connected()
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            content = response.read(TABLE_BYTES_MAX + 1)
            if response.status != 200:
                retry_after = response.headers.get("Retry-After", "")
                raise RegistryAnswer(response.status, float(retry_after) if retry_after.isdecimal() else 0.0)
            if response.headers.get("Content-Encoding") == "gzip":
                content = zlib.decompressobj(31).decompress(content, TABLE_BYTES_MAX + 1)
        finally:
            connection.close()
        if len(content) > TABLE_BYTES_MAX:
            raise TableRefused("it is larger than is taken here")
        answer = json.loads(content)
        if not isinstance(answer, dict):
            raise ValueError("the control plane's answer is no object")
        return answer

    def interrupt(self):
        """Ends the exchange that is under way, if there is one."""
        with contextlib.suppress(AttributeError, OSError):
            self.connection.sock.shutdown(socket.SHUT_RDWR)


class TitanGateway:
    def __init__(self, registry, gateway_id, state_dir, token_file=None, rng=random.random, log=None):
        self.client = Client(registry, token_file)
        os.makedirs(state_dir, exist_ok=True)
        self.path = os.path.join(os.path.abspath(state_dir), "routing-table")
        self.lives_path = os.path.join(os.path.abspath(state_dir), "lives")
        # Having deregistered it comes back under another id, which a DELETE that is late does not mean.
        self.lives = self.past_lives()
        self.id = f"{gateway_id}.{self.lives}" if self.lives else gateway_id
        self.own_path = "/v1/gateways/" + urllib.parse.quote(self.id, safe="")
        self.rng = rng
        self.log = log or (lambda message: print(message, file=sys.stderr, flush=True))
        self.journal = Journal(self.path, self.id)
        self.table, age = load(self.path, self.id)
        # After a start the lease is out until the first answer. Writes of the life before may still be under way.
        self.confirmed_at, self.lease_until = clock() - age, 0.0
        may_fly = self.table is not None and age < LIFETIME_SECONDS + FLIGHT_SECONDS
        self.settled_at = clock() + FLIGHT_SECONDS if may_fly else 0.0
        self.refused = False
        self.stopping = threading.Event()
        self.thread = None

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
        """One exchange: the full table where there is none, else a long poll."""
        if self.table is None:
            return self.fetch()
        try:
            self.poll()
        except RegistryAnswer as answer:
            if answer.status != 410:
                raise
            self.stopping.wait(self.rng() * SPREAD_SECONDS)
            self.fetch()

    def fetch(self):
        sent_at = clock()
        self.take(self.request("GET", "/v1/routing-table", {"gateway": self.id}))
        self.confirm(sent_at)
        self.report()

    def poll(self):
        """Acknowledges the table in use, and waits for what comes after it.

        Until the writes of the life before are over it says no id: that acknowledges nothing and renews nothing.
        """
        since, sent_at = self.table["revision"], clock()
        query = {"since": since, "wait": f"{WAIT_SECONDS}s", "gateway": self.id}
        is_settled = sent_at >= self.settled_at
        if not is_settled:
            query = {"since": since, "wait": f"{max(1, round(self.settled_at - sent_at))}s"}
        delta = self.request("GET", "/v1/routing-table", query, timeout=WAIT_SECONDS + 15)
        if delta.get("from") != since:
            return self.fetch()
        if delta != {"from": since, "revision": since}:
            table = merge_patch(self.table, delta)
            del table["from"]
            self.take(table, delta)
        if is_settled:
            self.confirm(sent_at)
        if self.refused:
            self.report()

    def take(self, table, delta=None):
        """Checks the table, makes it durable, routes by it: in this order. The next poll acknowledges it.

        A gateway that forwards requests must, before it returns from here, have ended or cut off the writes it has
        under way for tenants that the new table freezes or moves.
        """
        try:
            check(table, self.table, delta is None, delta)
            self.journal.keep(table, delta)
        except (TableRefused, OSError) as error:
            self.report(f"refused: {error}"[:1000])
            raise
        self.table = table

    def report(self, error=""):
        """Says which table is in use, and why a newer one is not. A failure to do so is left to the next exchange."""
        acknowledges = self.table is not None and clock() >= self.settled_at
        body = {"applied": self.table["revision"], "digest": digest_of(self.table)} if acknowledges else {}
        body["error"] = error  # empty: what was reported before no longer holds
        self.refused = bool(error)
        try:
            self.request("PUT", self.own_path, body=body)
        except FAILURES as failure:
            self.log(f"not reported: {failure}")

    def close(self):
        """Stops following and deregisters. To be called once no request can be forwarded any more.

        The table goes first, for nothing waits for a gateway that has left, and it must not come back with a table
        of then. Where nobody listens it keeps it, and stays on the list.
        """
        self.stopping.set()
        self.client.interrupt()
        if self.thread is not None:
            self.thread.join(timeout=5)
        try:
            self.request("DELETE", self.own_path, timeout=2, once_connected=self.forget)
        except FAILURES as error:
            self.log(f"not deregistered: {error}")

    def forget(self):
        """Durably: no table, and no start under this id."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path)
        sync_folder(self.path)
        replace(self.lives_path, str(self.lives + 1).encode())

    def past_lives(self):
        """How many times a gateway with this state has deregistered."""
        with contextlib.suppress(FileNotFoundError), open(self.lives_path, encoding="ascii") as file:
            return int(file.read())
        return 0

    def request(self, method, path, query=None, **options):
        if self.stopping.is_set() and method != "DELETE":
            raise ConnectionAbortedError("the gateway is stopping")
        return self.client.request(method, path, query, **options)

    def confirm(self, sent_at):
        """The table in use was the newest when that request was sent, or later: it renews the lease.

        Nothing else does, no report and no table that was refused: the control plane may have counted the lease as
        out, and moved a tenant that the table in use still shows on its old cell.
        """
        self.confirmed_at, self.lease_until = sent_at, sent_at + LEASE_SECONDS
        with contextlib.suppress(OSError):
            os.utime(self.path)

    def age(self):
        """Seconds since the control plane last answered, over restarts too."""
        return clock() - self.confirmed_at

    def lookup(self, host):
        """The route of the tenant that has this `Host`; None where no tenant has it."""
        table = self.table
        if table is None:
            return None
        name, colon, port = host.rpartition(":")
        tenant_id = table["hosts"].get((name if colon and port.isdecimal() else host).lower().removesuffix("."))
        if tenant_id is None:
            return None
        tenant = table["tenants"][tenant_id]
        cell = table["cells"][tenant["cell"]]
        return {"tenant": tenant_id, "state": "serving", **tenant, "zone": cell["zone"], "endpoints": cell["endpoints"]}

    def decide(self, host, method="GET"):
        """What becomes of a request: 200 and its route, 404, or 503 and why."""
        if self.table is None or self.age() > LIFETIME_SECONDS:
            return 503, "there is no table that may be used"
        route = self.lookup(host)
        if route is None:
            return 404, "no tenant has this host"
        if route["state"] == "suspended":
            return 503, "the tenant is suspended"
        if route["state"] != "serving" and clock() > self.lease_until:
            return 503, "the tenant is being moved, and this gateway is cut off from the control plane"
        if route["state"] == "frozen" and method not in READS:
            return 503, "the tenant is being moved"
        return 200, route


def handler(gateway):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(url.query))
            if url.path == "/lookup":
                status, found = gateway.decide(query.get("host", ""), query.get("method", "GET"))
                answer = found if status == 200 else {"error": found}
            elif url.path == "/health/ready":
                status, answer = 200 if gateway.table else 503, {"tableAgeSeconds": int(gateway.age())}
            else:
                status, answer = 404, {}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if status == 503:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *arguments):
            pass

    return Handler


def main():
    parser = argparse.ArgumentParser(description="Titan's reference gateway")
    default = os.environ.get("CELL_REGISTRY_URL", "http://control-plane:8080")
    parser.add_argument("--registry", default=default, metavar="URL", help="the control plane")
    parser.add_argument("--id", default=socket.gethostname(), metavar="NAME", help="one process's own: the pod's name")
    parser.add_argument("--state-dir", required=True, metavar="DIR", help="where the last table is kept")
    parser.add_argument("--token-file", metavar="FILE", help="read anew for each request")
    parser.add_argument("--listen", default="127.0.0.1:8088", metavar="HOST:PORT")
    options = parser.parse_args()
    gateway = TitanGateway(options.registry, options.id, options.state_dir, options.token_file)
    host, _, port = options.listen.rpartition(":")
    server = http.server.ThreadingHTTPServer((host, int(port)), handler(gateway))
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: threading.Thread(target=server.shutdown).start())
    gateway.start()
    server.serve_forever()
    server.server_close()
    gateway.close()


if __name__ == "__main__":
    main()
