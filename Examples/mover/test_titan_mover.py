"""The reference copier against docs/movers.md, over real HTTP, with calls that are signed by openssl.

    python3 Examples/mover/test_titan_mover.py
"""

import contextlib
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest
from unittest import mock

import titan_mover
from titan_mover import Server, TitanMover, file_name, read_secret

SECRET = "0123456789abcdef0123456789abcdef"
NOW = 1769860990


def sign(secret, timestamp, body):
    """`v1=…` as another implementation has it."""
    output = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{secret.encode().hex()}", "-r"],
        input=f"{timestamp}.".encode() + body, capture_output=True, check=True).stdout
    return "v1=" + output.split()[0].decode()


class Copier(contextlib.AbstractContextManager):
    """A served copier with two cells in a folder of its own."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for cell in ("cell-1", "cell-2"):
            (self.root / cell).mkdir()
        self.start()

    def start(self):
        self.server = Server(("127.0.0.1", 0), TitanMover(self.root, SECRET.encode(), clock=lambda: NOW))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def restart(self):
        self.stop()
        self.start()

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def files(self, folder):
        folder = self.root / folder
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}

    def post(self, body, headers):
        connection = http.client.HTTPConnection(*self.server.server_address[:2], timeout=30)
        with contextlib.closing(connection):
            connection.request("POST", "/titan", body, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def call(self, phase, attempt=1, tenants=("acme",), target="cell-2", headers=None, replace=None):
        call = {"migration": "migration-k3v7q2mzt5xa", "batch": 3, "phase": phase, "attempt": attempt, "source": "cell-1",
                "tenants": [{"tenant": tenant, "target": target, "epoch": 4} for tenant in tenants]} | (replace or {})
        body = json.dumps(call).encode()
        delivery = f"{call['migration']}/{call['batch']}/{call['phase']}/{call['attempt']}"
        return self.post(body, {
            "Content-Type": "application/json", "Titan-Delivery": delivery, "Titan-Timestamp": str(NOW),
            "Titan-Signature": sign(SECRET, NOW, body)} | (headers or {}))

    def done(self, *arguments, **options):
        """Asks until it is no longer running."""
        while True:
            status, answer = self.call(*arguments, **options)
            if answer.get("state") != "running":
                return status, answer.get("state", answer.get("message"))


class TitanMoverTests(unittest.TestCase):
    def test_a_tenant_is_moved_with_what_changed_meanwhile(self):
        with Copier() as copier:
            copier.write("cell-1/acme/orders/1", "paid")
            copier.write("cell-1/acme/orders/2", "open")
            copier.write("cell-1/initech/orders/1", "stays")
            for phase in ("prepare", "copy"):
                self.assertEqual(copier.done(phase), (200, "done"))
            self.assertEqual(copier.files("cell-2/acme"), {"orders/1": "paid", "orders/2": "open"})
            copier.write("cell-1/acme/orders/2", "paid")
            copier.write("cell-1/acme/orders/3", "open")
            self.assertEqual(copier.done("catchUp"), (200, "done"))
            (copier.root / "cell-1/acme/orders/1").unlink()
            self.assertEqual(copier.done("finalCopy"), (200, "done"))
            self.assertEqual(copier.files("cell-2"), {"acme/orders/2": "paid", "acme/orders/3": "open"})
            self.assertEqual(copier.done("cleanup"), (200, "done"))
            self.assertEqual(copier.files("cell-1"), {"initech/orders/1": "stays"})
            self.assertEqual(copier.files("cell-2"), {"acme/orders/2": "paid", "acme/orders/3": "open"})

    def test_a_freeze_that_ran_out_is_copied_again(self):
        with Copier() as copier:
            copier.write("cell-1/acme/a", "1")
            self.assertEqual(copier.done("finalCopy", 1), (200, "done"))
            copier.write("cell-1/acme/a", "2")
            self.assertEqual(copier.done("finalCopy", 1), (200, "done"))
            self.assertEqual(copier.files("cell-2/acme"), {"a": "1"}, "the same question is not carried out again")
            self.assertEqual(copier.done("finalCopy", 2), (200, "done"))
            self.assertEqual(copier.files("cell-2/acme"), {"a": "2"})
            self.assertEqual(copier.call("finalCopy", 1), (409, {"message": "a later attempt has begun"}))

    def test_undo_leaves_the_source_alone_and_ends_the_batch_over_a_restart_too(self):
        with Copier() as copier:
            copier.write("cell-1/acme/a", "1")
            self.assertEqual(copier.done("copy"), (200, "done"))
            self.assertEqual(copier.done("undo"), (200, "done"))
            self.assertEqual(copier.files("cell-2"), {})
            self.assertFalse((copier.root / "cell-2/acme").exists())
            copier.restart()
            self.assertEqual(copier.call("copy"), (409, {"message": "undo came before"}))
            self.assertEqual(copier.call("cleanup", 2), (409, {"message": "undo came before"}))
            self.assertEqual(copier.done("undo"), (200, "done"))
            self.assertEqual(copier.files("cell-1/acme"), {"a": "1"})

    def test_long_work_is_answered_running_and_undo_stops_it(self):
        entered, release = threading.Event(), threading.Event()

        def mirror(source, target, remove, stop):
            target.mkdir(exist_ok=True)
            if target.name == "initech":
                entered.set()
                release.wait()
                if stop.is_set():
                    raise titan_mover.Stopped

        with Copier() as copier, mock.patch.object(titan_mover, "mirror", mirror), \
                mock.patch.object(titan_mover, "HOLD_SECONDS", 0):
            self.assertEqual(copier.call("copy", tenants=("acme", "initech"))[1]["state"], "running")
            entered.wait()
            status, answer = copier.call("copy", tenants=("acme", "initech"))
            self.assertEqual((status, answer["state"], answer["progress"]), (200, "running", 0.5))
            work = next(iter(copier.server.mover.batches.values())).works["migration-k3v7q2mzt5xa/3/copy/1"]
            threading.Thread(target=lambda: (work.stop.wait(), release.set())).start()
            self.assertEqual(copier.done("undo", tenants=("acme", "initech")), (200, "done"))
            self.assertFalse(work.is_alive())
            self.assertEqual(work.failure, "a later call came before it was done")
            self.assertFalse((copier.root / "cell-2/acme").exists())

    def test_what_can_not_be_done_is_said_and_changes_nothing(self):
        with Copier() as copier:
            copier.write("cell-2/acme/a", "precious")
            self.assertEqual(copier.call("prepare")[1], {"state": "failed", "message": "the source has no data of a tenant"})
            self.assertEqual(copier.call("finalCopy")[1]["state"], "failed")
            self.assertEqual(copier.call("copy", target="cell-9", attempt=2)[1]["message"], "a cell is not known here")
            self.assertEqual(copier.call("undo", target="cell-1")[0], 400)
            self.assertEqual(copier.files("cell-2/acme"), {"a": "precious"})

    def test_only_fresh_calls_with_the_right_signature_are_heard(self):
        with Copier() as copier:
            copier.write("cell-1/acme/a", "1")
            wrong = sign("another secret, as long as it must be", NOW, b"{}")
            for headers in ({"Titan-Signature": wrong}, {"Titan-Signature": ""}, {"Titan-Signature": "v1="},
                            {"Titan-Timestamp": str(NOW + 1)}, {"Titan-Timestamp": ""}, {"Titan-Timestamp": "\u00b2"}):
                self.assertEqual(copier.call("cleanup", headers=headers)[0], 401, headers)
            body = b"{}"
            for age in (-301, 301):
                old = {"Titan-Timestamp": str(NOW - age), "Titan-Signature": sign(SECRET, NOW - age, body)}
                self.assertEqual(copier.post(body, old)[0], 401)
            right = copier.call("prepare")[0], copier.call("copy", headers={"X-More": "1"}, replace={"more": 1})[0]
            self.assertEqual(right, (200, 200))
            self.assertEqual(copier.files("cell-1/acme"), {"a": "1"})

    def test_calls_that_make_no_sense_are_refused(self):
        with Copier() as copier:
            for members in ({"phase": "format"}, {"batch": True}, {"batch": "3"}, {"source": None}, {"tenants": {}},
                            {"tenants": [{"tenant": "acme"}]}):
                self.assertEqual(copier.call("copy", replace=members)[0], 400, members)
            self.assertEqual(copier.call("copy", headers={"Titan-Delivery": "m/1/copy/2"})[0], 400)
            self.assertEqual(copier.post(b"", {"Content-Length": str(600_000)})[0], 413)
            body = b"no json"
            headers = {"Titan-Timestamp": str(NOW), "Titan-Signature": sign(SECRET, NOW, body)}
            self.assertEqual(copier.post(body, headers)[0], 400)

    def test_names_of_tenants_stay_inside_their_cell(self):
        names = ["acme", "..", ".", "a/b", "../cell-2/acme", "%2E%2E", "a b", "é" * 64, "~", "*"]
        self.assertEqual(len({file_name(name) for name in names}), len(names))
        for name in names:
            self.assertEqual(len(pathlib.PurePath(file_name(name)).parts), 1)
            self.assertNotIn(file_name(name), (".", ".."))
            self.assertLess(len(file_name(name)), 256)

    def test_a_secret_is_read_without_its_line_end(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "secret"
            for end in ("", "\n", "\r\n"):
                path.write_bytes((SECRET + end).encode())
                self.assertEqual(read_secret(path), SECRET.encode())
            path.write_text("short\n")
            self.assertRaises(SystemExit, read_secret, path)

    def test_the_program_says_where_it_listens_and_ends_when_told(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "secret"
            path.write_text(SECRET)
            program = subprocess.Popen(
                [sys.executable, titan_mover.__file__, "--root", folder, "--secret-file", path, "--listen", "127.0.0.1:0"],
                stdout=subprocess.PIPE, text=True)
            with program:
                self.assertRegex(program.stdout.readline(), r"^listening on 127\.0\.0\.1:\d+\n$")
                program.terminate()
                self.assertEqual(program.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
