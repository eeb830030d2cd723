"""The reference cell against section 10 of docs/gateway-protocol.md, over real HTTP with a scripted control plane.

    python3 Examples/gateway/test_titan_cell.py
"""

import contextlib
import http.client
import json
import os
import tempfile
import threading
import unittest
from http.server import ThreadingHTTPServer
from unittest import mock

import titan_cell
import titan_gateway
from test_titan_gateway import A, B, ControlPlane, delta, polls
from titan_cell import Refused, TitanCell, handler
from titan_gateway import RegistryAnswer, TableRefused


def owned(number, incarnation=A, **tenants):
    return {"revision": f"{incarnation}.{number}", "cell": "cell-1",
            "tenants": {name: value if isinstance(value, dict) else {"epoch": value} for name, value in tenants.items()}}


FROZEN = {"epoch": 1, "state": "frozen"}


class CellCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.plane = ControlPlane()
        self.addCleanup(self.plane.close)
        patch = mock.patch.object(titan_cell, "HOLD_SECONDS", 0)
        patch.start()
        self.addCleanup(patch.stop)

    def cell(self):
        return TitanCell(self.plane.url, "cell-1", self.folder, rng=lambda: 0.0, log=lambda message: None)

    def fed(self, *answers):
        """A cell that has made one exchange for each answer."""
        self.plane.say(*answers)
        cell = self.cell()
        for _ in answers:
            cell.step()
        return cell

    def kept(self):
        return titan_gateway.load(os.path.join(self.folder, "ownership"), "cell-1")[0]

    def takes(self, cell, tenant, epoch):
        try:
            with cell.write(tenant, epoch):
                return True
        except Refused:
            return False


class Refusing(CellCase):
    def test_only_what_it_owns_of_its_epoch_or_a_later_one(self):
        cell = self.fed(owned(1, acme=2))
        self.assertEqual([self.takes(cell, "acme", epoch) for epoch in (1, 2, 3)], [False, True, True])
        self.assertFalse(self.takes(cell, "globex", 9))

    def test_by_state(self):
        states = ("migrating", "frozen", "suspended", "unheard-of")
        cell = self.fed(owned(1, **{state: {"epoch": 1, "state": state} for state in states}))
        self.assertEqual([self.takes(cell, state, 1) for state in states], [True, False, False, False])

    def test_everything_until_the_first_answer(self):
        self.assertFalse(self.takes(self.cell(), "acme", 1))

    def test_a_tenant_that_has_left(self):
        cell = self.fed(owned(1, acme=1, globex=1), delta(1, 2, tenants={"acme": None}))
        self.assertEqual([self.takes(cell, tenant, 1) for tenant in ("acme", "globex")], [False, True])

    def test_an_unfrozen_tenant_is_taken_again(self):
        cell = self.fed(owned(1, acme=FROZEN), delta(1, 2, tenants={"acme": {"epoch": 1, "state": None}}))
        self.assertTrue(self.takes(cell, "acme", 1))

    def test_a_write_waits_a_moment_for_a_tenant_that_is_about_to_come(self):
        with mock.patch.object(titan_cell, "HOLD_SECONDS", 30):
            cell = self.fed(owned(1))
            taken = []
            writer = threading.Thread(target=lambda: taken.append(self.takes(cell, "acme", 2)))
            writer.start()
            self.plane.say(delta(1, 2, tenants={"acme": {"epoch": 2}}))
            cell.step()
            writer.join(timeout=10)
            self.assertEqual(taken, [True])


class Acknowledging(CellCase):
    def test_the_poll_acknowledges_what_is_enforced_and_durable(self):
        self.plane.say(owned(1, acme=1), delta(1, 2, tenants={"acme": FROZEN}))
        cell = self.cell()
        cell.start()
        self.addCleanup(cell.close)
        self.plane.await_request(polls(f"{A}.1"))
        sealed = self.plane.await_request(polls(f"{A}.2"))
        self.assertEqual(sealed["path"], "/v1/cells/cell-1/tenants")
        self.assertEqual(sealed["query"], {"since": f"{A}.2", "wait": "30s", "ack": "true"})
        self.assertEqual(self.kept(), owned(2, acme=FROZEN))
        self.assertFalse(self.takes(cell, "acme", 1))

    def test_not_while_a_write_that_it_refuses_now_is_under_way(self):
        self.plane.say(owned(1, acme=1, globex=1))
        cell = self.cell()
        cell.start()
        self.addCleanup(cell.close)
        self.plane.await_request(polls(f"{A}.1"))
        with cell.write("globex", 1), contextlib.ExitStack() as write:
            write.enter_context(cell.write("acme", 1))
            self.plane.say(delta(1, 2, tenants={"acme": FROZEN}))
            with cell.changed:
                self.assertTrue(cell.changed.wait_for(lambda: cell.refusal("acme", 1), timeout=10))
            self.assertFalse(any(map(polls(f"{A}.2"), self.plane.requests)))
            self.assertFalse(cell.settled())
            write.close()
            self.plane.await_request(polls(f"{A}.2"))

    def test_not_what_can_not_be_kept(self):
        cell = self.fed(owned(1, acme=1))
        self.plane.say(delta(1, 2, tenants={"acme": FROZEN}))
        with mock.patch.object(titan_gateway.os, "fsync", side_effect=OSError(28, "No space left on device")):
            with self.assertRaises(OSError):
                cell.step()
        self.assertEqual((cell.owned["revision"], self.kept()["revision"]), (f"{A}.1", f"{A}.1"))

    def test_a_restart_refuses_what_was_acknowledged(self):
        self.fed(owned(1, acme=1), delta(1, 2, tenants={"acme": FROZEN}))
        self.plane.close()
        self.assertFalse(self.takes(self.cell(), "acme", 1))


class Following(CellCase):
    def test_410_fetches_all(self):
        cell = self.fed(owned(1, acme=1))
        self.plane.say((410, {}, {}), owned(7, globex=1))
        cell.step()
        self.assertEqual(cell.owned, owned(7, globex=1))
        self.assertEqual([r["query"].get("since") for r in self.plane.requests], [None, f"{A}.1", None])

    def test_without_the_control_plane_it_goes_on(self):
        self.fed(owned(1, acme=1))
        self.plane.close()
        cell = self.cell()
        self.assertTrue(self.takes(cell, "acme", 1))
        with self.assertRaises(OSError):
            cell.step()
        self.assertTrue(self.takes(cell, "acme", 1))

    def test_another_incarnation_is_taken_and_a_lower_revision_refused(self):
        cell = self.fed(owned(9, acme=1))
        self.plane.say((410, {}, {}), owned(3, incarnation=B, acme=1))
        cell.step()
        self.assertEqual(cell.owned["revision"], f"{B}.3")
        for wrong in (owned(2, incarnation=B), {**owned(4), "cell": "cell-2"}, {**owned(4), "tenants": None},
                      owned(4, acme="1")):
            with self.assertRaises(TableRefused, msg=wrong):
                cell.take(wrong)

    def test_other_answers_are_failures(self):
        cell = self.fed(owned(1))
        self.plane.say((404, {}, {}))
        with self.assertRaises(RegistryAnswer):
            cell.step()


class OverHTTP(CellCase):
    def test_a_write_is_committed_while_it_is_under_way_or_answered_421(self):
        cell, committed = self.fed(owned(1, acme=2)), []

        def commit(tenant, epoch):
            committed.append((tenant, epoch, list(cell.under_way[tenant])))

        server = ThreadingHTTPServer(("127.0.0.1", 0), handler(cell, commit))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        statuses = []
        for epoch in ("2", "1", "", "x"):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            with contextlib.closing(connection):
                connection.request("POST", "/", headers={"Titan-Tenant": "acme", "Titan-Epoch": epoch})
                response = connection.getresponse()
                statuses.append(response.status)
                json.loads(response.read())
        self.assertEqual(statuses, [200, 421, 421, 421])
        self.assertEqual(committed, [("acme", 2, [2])])


if __name__ == "__main__":
    unittest.main()
