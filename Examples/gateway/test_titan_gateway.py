"""The reference gateway against docs/gateway-protocol.md, over real HTTP with a small scripted control plane.

    python3 Examples/gateway/test_titan_gateway.py

With CONTROL_PLANE=.build/debug/control-plane it meets the real one too.
"""

import contextlib
import copy
import gzip
import hashlib
import http.client
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
from unittest import mock

import titan_gateway
from titan_gateway import RegistryAnswer, TableRefused, TitanGateway, back_off, check, digest_of, merge_patch

A, B = "k3v7q2mzt5xa", "b2b2b2b2b2b2"


def table(number, tenants=1, incarnation=A, **states):
    """A table with `tenants` tenants on cell-1, t0 reached by t0.example and so on."""
    return {
        "revision": f"{incarnation}.{number}",
        "cells": {"cell-1": {"zone": "us-east-1a", "state": "active", "endpoints": {"order": "c1:1", "payment": "c1:3"}}},
        "tenants": {f"t{i}": {"cell": "cell-1", "epoch": 1} | ({"state": states[f"t{i}"]} if f"t{i}" in states else {})
                    for i in range(tenants)},
        "hosts": {f"t{i}.example": f"t{i}" for i in range(tenants)},
    }


def delta(since, number, incarnation=A, **members):
    return {"from": f"{incarnation}.{since}", "revision": f"{incarnation}.{number}", **members}


class ControlPlane:
    """Answers GETs of the table by a script, in order, and holds the poll that comes after its end; keeps what came."""

    def __init__(self):
        self.script, self.requests = [], []
        self.changed = threading.Condition()
        self.closed = False
        plane = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def handle_one(self):
                url = urllib.parse.urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                query = dict(urllib.parse.parse_qsl(url.query))
                plane.note({"method": self.command, "path": url.path, "query": query, "headers": dict(self.headers),
                            "body": json.loads(body) if body else None, "at": titan_gateway.clock()})
                status, content, headers = 200, {"id": url.path.rpartition("/")[2]}, {}
                if self.command == "GET":
                    status, content, headers = plane.next(query)
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                if "gzip" in headers.get("Content-Encoding", ""):
                    data = gzip.compress(data)
                with contextlib.suppress(ConnectionError):
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            do_GET = do_PUT = do_DELETE = handle_one

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def note(self, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()

    def next(self, query):
        with self.changed:
            self.changed.wait_for(lambda: self.script or self.closed, timeout=20)
            if not self.script:
                return 200, {"from": query.get("since"), "revision": query.get("since")}, {}
            answer = self.script.pop(0)
        return answer if isinstance(answer, tuple) else (200, answer, {})

    def say(self, *answers):
        with self.changed:
            self.script += answers
            self.changed.notify_all()

    def await_request(self, matches, seconds=10):
        """The first request that came, or comes, and matches."""
        with self.changed:
            self.changed.wait_for(lambda: any(map(matches, self.requests)), timeout=seconds)
            found = next(filter(matches, self.requests), None)
        assert found, f"no such request among {self.requests}"
        return found

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()


def polls(tag):
    return lambda r: r["method"] == "GET" and r["query"].get("since") == tag


def puts(applied):
    return lambda r: r["method"] == "PUT" and r["body"].get("applied") == applied


def reports_an_error(request):
    return request["method"] == "PUT" and request["body"]["error"]


class GatewayCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.join(folder.name, "state")
        self.plane = ControlPlane()
        self.addCleanup(self.plane.close)

    def gateway(self, **options):
        return TitanGateway(options.pop("url", self.plane.url), "edge-1", self.folder, rng=lambda: 0.0,
                            log=lambda message: None, **options)

    def kept(self):
        return titan_gateway.load(os.path.join(self.folder, "routing-table"), "edge-1")[0]

    def fetched(self, *answers, **options):
        """A gateway that has made one exchange for each answer."""
        self.plane.say(*answers)
        gateway = self.gateway(**options)
        for _ in answers:
            gateway.step()
        return gateway


class MergePatch(unittest.TestCase):
    def test_the_cases_of_rfc_7396_appendix_a(self):
        for target, patch, result in [
            ({"a": "b"}, {"a": "c"}, {"a": "c"}), ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
            ({"a": "b"}, {"a": None}, {}), ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
            ({"a": ["b"]}, {"a": "c"}, {"a": "c"}), ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
            ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
            ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}), (["a", "b"], ["c", "d"], ["c", "d"]),
            ({"a": "b"}, ["c"], ["c"]), ({"a": "foo"}, None, None), ({"a": "foo"}, "bar", "bar"),
            ({"e": None}, {"a": 1}, {"e": None, "a": 1}), ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
            ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ]:
            before = copy.deepcopy(target)
            self.assertEqual(merge_patch(target, patch), result)
            self.assertEqual(target, before, "the table in use must not be altered")


class Following(GatewayCase):
    def test_a_delta_with_nulls_removes_tenants_hosts_endpoints_and_states(self):
        gateway = self.fetched(
            table(1, tenants=3, t0="frozen"),
            delta(1, 2, cells={"cell-1": {"endpoints": {"payment": None, "order": "c1:9"}}, "cell-2": {
                "zone": "us-east-1b", "state": "active", "endpoints": {}}},
                tenants={"t0": {"cell": "cell-2", "epoch": 2, "state": None}, "t1": None}, hosts={"t1.example": None}))
        self.assertEqual(gateway.table["cells"]["cell-1"]["endpoints"], {"order": "c1:9"})
        self.assertEqual(gateway.table["tenants"], {"t0": {"cell": "cell-2", "epoch": 2}, "t2": {"cell": "cell-1", "epoch": 1}})
        self.assertEqual(gateway.table["hosts"], {"t0.example": "t0", "t2.example": "t2"})
        self.assertEqual(gateway.table["revision"], f"{A}.2")
        self.assertNotIn("from", gateway.table)
        self.assertEqual(gateway.lookup("t0.example")["cell"], "cell-2")

    def test_a_poll_names_its_gateway_and_acknowledges_what_is_applied_and_on_disk(self):
        self.plane.say(table(1), delta(1, 2, tenants={"t0": {"epoch": 2}}))
        gateway = self.gateway()
        gateway.start()
        self.addCleanup(gateway.close)
        first = self.plane.await_request(polls(f"{A}.1"))
        self.assertEqual(first["query"], {"since": f"{A}.1", "wait": "30s", "gateway": "edge-1"})
        self.plane.await_request(polls(f"{A}.2"))
        self.assertEqual(self.kept()["revision"], f"{A}.2", "acknowledged before it was durable")
        self.assertEqual(gateway.table["tenants"]["t0"]["epoch"], 2)

    def test_a_full_table_is_acknowledged_with_its_digest(self):
        full = table(7, tenants=2)
        full["tenants"]["Zürich \"1\""] = {"epoch": 1, "cell": "cell-1"}
        self.fetched(full)
        text = ('{"cells":{"cell-1":{"endpoints":{"order":"c1:1","payment":"c1:3"},"state":"active","zone":"us-east-1a"}},'
                '"hosts":{"t0.example":"t0","t1.example":"t1"},"revision":"k3v7q2mzt5xa.7","tenants":{'
                '"Zürich \\"1\\"":{"cell":"cell-1","epoch":1},"t0":{"cell":"cell-1","epoch":1},"t1":{"cell":"cell-1","epoch":1}}}')
        report = self.plane.await_request(puts(applied=f"{A}.7"))
        self.assertEqual(report["path"], "/v1/gateways/edge-1")
        self.assertEqual(report["body"]["digest"], hashlib.sha256(text.encode()).hexdigest())
        self.assertEqual(report["body"]["error"], "")

    def test_410_fetches_the_full_table(self):
        gateway = self.fetched(table(1))
        self.plane.requests.clear()
        problem = {"Content-Type": "application/problem+json"}
        self.plane.say((410, {"code": "revisionGone"}, problem), table(90, tenants=2))
        gateway.step()
        self.assertEqual(gateway.table, table(90, tenants=2))
        self.assertEqual([r["query"].get("since") for r in self.plane.requests if r["method"] == "GET"], [f"{A}.1", None])

    def test_another_incarnation_is_taken_with_a_lower_number(self):
        gateway = self.fetched(table(500, tenants=2))
        self.plane.say((410, {}, {}), table(3, tenants=2, incarnation=B))
        gateway.step()
        self.assertEqual(gateway.table["revision"], f"{B}.3")
        self.assertEqual(self.kept()["revision"], f"{B}.3")

    def test_a_delta_from_another_revision_is_dropped_for_the_full_table(self):
        gateway = self.fetched(table(1, tenants=2))
        self.plane.say(delta(9, 10, tenants={"t0": None}), table(10, tenants=2))
        gateway.step()
        self.assertEqual(gateway.table, table(10, tenants=2))

    def test_an_empty_delta_changes_nothing(self):
        gateway = self.fetched(table(1))
        before = gateway.table
        self.plane.say(delta(1, 1))
        gateway.step()
        self.assertIs(gateway.table, before)

    def test_a_compressed_table_is_read_and_a_token_sent(self):
        token = self.folder + "-token"
        with open(token, "w", encoding="ascii") as file:
            file.write("crp_secret\n")
        gateway = self.fetched((200, table(1), {"Content-Encoding": "gzip"}), token_file=token)
        self.assertEqual(gateway.table, table(1))
        self.assertEqual(self.plane.requests[0]["headers"]["Authorization"], "Bearer crp_secret")

    def test_closing_ends_the_poll_and_deregisters(self):
        self.plane.say(table(1))
        gateway = self.gateway()
        gateway.start()
        self.plane.await_request(polls(f"{A}.1"))
        begun = time.monotonic()
        gateway.close()
        self.assertLess(time.monotonic() - begun, 5, "it waited for the poll to end by itself")
        self.assertFalse(gateway.thread.is_alive())
        last = self.plane.requests[-1]
        self.assertEqual((last["method"], last["path"]), ("DELETE", "/v1/gateways/edge-1"))


class Keeping(GatewayCase):
    """The table on disk, and the deltas behind it."""

    def kept_after(self, damage):
        """What a start finds where `damage` has been done to the file's bytes."""
        self.fetched(table(1, tenants=30), delta(1, 2, tenants={"t0": {"epoch": 2}}),
                     delta(2, 3, tenants={"t1": {"epoch": 5}, "t2": None}, hosts={"t2.example": None}))
        path = os.path.join(self.folder, "routing-table")
        with open(path, "rb") as file:
            whole = file.read()
        self.assertEqual(whole.count(b"\n"), 3, "a delta is a line, and no new file")
        with open(path, "wb") as file:
            file.write(damage(whole))
        return self.kept()

    def test_a_start_applies_the_deltas(self):
        kept = self.kept_after(lambda whole: whole)
        self.assertEqual(kept["revision"], f"{A}.3")
        self.assertEqual([kept["tenants"][t]["epoch"] for t in ("t0", "t1", "t3")], [2, 5, 1])
        self.assertNotIn("t2", kept["tenants"])
        self.assertNotIn("from", kept)

    def test_half_a_line_is_as_if_it_had_not_come(self):
        self.assertEqual(self.kept_after(lambda whole: whole[:-7])["revision"], f"{A}.2")

    def test_a_damaged_line_spoils_all_of_it(self):
        self.assertIsNone(self.kept_after(lambda whole: whole.replace(b'"epoch":5', b'"epoch":6')))

    def test_a_missing_line_spoils_all_of_it(self):
        self.assertIsNone(self.kept_after(lambda whole: b"".join(whole.splitlines(True)[::2])))

    def test_after_a_start_and_where_deltas_grow_too_long_the_table_is_written_anew(self):
        self.fetched(table(1, tenants=3), delta(1, 2, tenants={"t0": {"epoch": 2}}))
        self.plane.say(delta(2, 3, tenants={"t0": {"epoch": 3}}))
        gateway = self.gateway()
        gateway.step()
        with open(gateway.path, "rb") as file:
            self.assertEqual(file.read().count(b"\n"), 1)
        self.plane.say(*(delta(n, n + 1, tenants={"t0": {"epoch": n + 1}}) for n in range(3, 40)))
        for n in range(3, 40):
            gateway.step()
            with open(gateway.path, "rb") as file:
                self.assertLess(file.read().count(b"\n"), 9)
            self.assertEqual(self.kept(), gateway.table)


class Refusing(GatewayCase):
    def refuses(self, gateway, *answers, reason):
        before = gateway.table
        self.plane.say(*answers)
        with self.assertRaisesRegex(TableRefused, reason):
            gateway.step()
        self.assertIs(gateway.table, before)
        self.assertEqual(self.kept(), before)
        report = self.plane.await_request(reports_an_error)
        self.assertEqual(report["body"]["applied"], before["revision"])
        self.assertRegex(report["body"]["error"], reason)

    def test_a_lower_revision_of_the_same_incarnation(self):
        self.refuses(self.fetched(table(8)), (410, {}, {}), table(7), reason="is before")

    def test_an_empty_full_table(self):
        self.refuses(self.fetched(table(8, tenants=3)), (410, {}, {}), table(9, tenants=0), reason="no tenants")

    def test_a_table_that_lost_more_than_a_fifth_of_the_tenants(self):
        self.refuses(self.fetched(table(8, tenants=200)), (410, {}, {}), table(9, tenants=159), reason="20 % of the tenants")

    def test_a_delta_that_removes_more_than_a_fifth(self):
        gone = [f"t{i}" for i in range(41)]
        self.refuses(self.fetched(table(8, tenants=200)), delta(
            8, 9, tenants=dict.fromkeys(gone), hosts={f"{t}.example": None for t in gone}), reason="20 % of the tenants")

    def test_another_incarnation_that_shrank(self):
        self.refuses(self.fetched(table(8, tenants=200)), (410, {}, {}), table(1, tenants=9, incarnation=B), reason="% of")

    def test_a_tenant_whose_cell_is_not_there(self):
        self.refuses(self.fetched(table(8)), delta(8, 9, cells={"cell-1": None}), reason="cell-1")

    def test_what_is_no_table(self):
        for wrong in ({}, {**table(9), "tenants": []}, {**table(9), "hosts": None}, {**table(9), "revision": "9"},
                      {**table(9), "cells": {"cell-1": {"zone": "z"}}}, {**table(9), "hosts": {"a": ["t0"]}},
                      {**table(9), "tenants": {"t0": {"cell": "cell-1"}}}, {**table(9), "hosts": {"a": "nobody"}}):
            with self.assertRaises(TableRefused, msg=wrong):
                check(wrong, None, is_full=True)

    def test_a_fifth_exactly_and_a_few_may_go(self):
        check(table(2, tenants=160), table(1, tenants=200), is_full=True)
        check(table(2, tenants=1), table(1, tenants=21), is_full=True)
        check(table(2, tenants=0), table(1, tenants=1), is_full=False)
        check(table(2, tenants=0), None, is_full=True)

    def test_a_table_that_can_not_be_kept(self):
        gateway = self.fetched(table(1))
        self.plane.say(delta(1, 2, tenants={"t0": {"epoch": 2}}))
        with mock.patch.object(titan_gateway.os, "fsync", side_effect=OSError(28, "No space left on device")):
            with self.assertRaises(OSError):
                gateway.step()
        self.assertEqual((gateway.table["revision"], self.kept()["revision"]), (f"{A}.1", f"{A}.1"))
        self.assertIn("No space left", self.plane.await_request(reports_an_error)["body"]["error"])

    def test_taking_a_table_again_clears_the_error(self):
        gateway = self.fetched(table(8, tenants=3))
        self.refuses(gateway, (410, {}, {}), table(9, tenants=0), reason="no tenants")
        self.plane.say(delta(8, 10, tenants={"t0": {"epoch": 2}}))
        gateway.step()
        report = self.plane.await_request(puts(applied=f"{A}.10"))
        self.assertEqual(report["body"]["error"], "")


class WithoutTheControlPlane(GatewayCase):
    def test_a_restart_serves_from_disk(self):
        self.fetched(table(4, tenants=2))
        self.plane.close()
        gateway = self.gateway()
        gateway.start()
        self.addCleanup(gateway.close)
        self.assertEqual(gateway.decide("T1.Example.:8443", "POST")[0], 200)
        self.assertEqual(gateway.lookup("t1.example")["endpoints"]["order"], "c1:1")
        self.assertEqual(gateway.decide("nobody.example")[0], 404)

    def test_after_a_restart_it_goes_on_by_delta(self):
        self.fetched(table(4))
        self.plane.requests.clear()
        gateway = self.fetched(delta(4, 5, tenants={"t0": {"epoch": 2}}))
        self.assertEqual(gateway.table["revision"], f"{A}.5")
        self.assertEqual(self.plane.requests[0]["query"]["since"], f"{A}.4")

    def test_a_damaged_file_is_as_none(self):
        self.fetched(table(4))
        path = os.path.join(self.folder, "routing-table")
        with open(path, "r+b") as file:
            file.seek(-9, os.SEEK_END)
            file.write(b"!")
        gateway = self.gateway()
        self.assertIsNone(gateway.table)
        self.assertEqual(gateway.decide("t0.example")[0], 503)

    def test_a_table_serves_for_a_day_and_no_longer(self):
        self.fetched(table(4))
        path = os.path.join(self.folder, "routing-table")
        for hours, status in ((23, 200), (25, 503)):
            os.utime(path, (time.time() - hours * 3600,) * 2)
            self.assertEqual(self.gateway().decide("t0.example")[0], status)

    def test_any_answer_makes_the_table_as_good_as_new(self):
        self.fetched(table(4))
        path = os.path.join(self.folder, "routing-table")
        os.utime(path, (time.time() - 25 * 3600,) * 2)
        gateway = self.fetched(delta(4, 4))
        self.assertEqual(gateway.decide("t0.example")[0], 200)
        self.assertLess(time.time() - os.stat(path).st_mtime, 60)

    def test_failures_do_not_end_it(self):
        problem = (503, {"code": "overloaded"}, {})
        self.plane.say(problem, (200, b"not json", {}), (500, {}, {}), (401, {}, {}), (200, [], {}), table(1))
        gateway = self.gateway()
        gateway.start()
        self.addCleanup(gateway.close)
        self.plane.await_request(polls(f"{A}.1"))
        self.assertEqual(gateway.decide("t0.example")[0], 200)

    def test_back_off_is_spread_from_nothing_to_its_bound_and_bounded(self):
        for failures, most in ((1, 1), (2, 2), (5, 16), (6, 30), (1000, 30)):
            self.assertEqual(back_off(failures, lambda: 0.0), 0)
            self.assertEqual(back_off(failures, lambda: 1.0), most)
        delays = [back_off(6) for _ in range(2000)]
        self.assertLessEqual(max(delays), 30)
        self.assertTrue(all(any(low <= d < low + 3 for d in delays) for low in range(0, 30, 3)), "a part is never hit")

    def test_retry_after_is_kept_and_jittered(self):
        self.plane.say((503, {}, {"Retry-After": "7"}))
        with self.assertRaises(RegistryAnswer) as caught:
            self.gateway().step()
        self.assertEqual((caught.exception.status, caught.exception.retry_after), (503, 7))

    def test_it_waits_as_long_as_it_is_asked_and_up_to_half_again(self):
        for rng, delay in ((lambda: 0.0, 7.0), (lambda: 1.0, 10.5)):
            gateway = self.gateway()
            gateway.rng = rng
            waits = []
            gateway.stopping.wait = lambda seconds: (waits.append(seconds), gateway.stopping.set())
            with mock.patch.object(gateway, "step", side_effect=RegistryAnswer(503, 7.0)):
                gateway.run()
            self.assertEqual(waits, [delay])


class Deciding(GatewayCase):
    STATES = table(1, tenants=4, t1="migrating", t2="frozen", t3="suspended")

    def statuses(self, gateway, method):
        return [gateway.decide(f"t{i}.example", method)[0] for i in range(4)]

    def test_states(self):
        gateway = self.fetched(self.STATES)
        self.assertEqual(self.statuses(gateway, "GET"), [200, 200, 200, 503])
        self.assertEqual(self.statuses(gateway, "POST"), [200, 200, 503, 503])

    def test_past_the_lease_tenants_in_a_move_are_refused_and_no_others(self):
        gateway = self.fetched(self.STATES)
        gateway.lease_until = titan_gateway.clock() - 1
        self.assertEqual(self.statuses(gateway, "GET"), [200, 503, 503, 503])
        self.assertEqual(self.statuses(self.gateway(), "GET"), [200, 503, 503, 503], "a restart has no lease")

    def test_the_lease_counts_from_when_the_request_was_sent(self):
        gateway = self.fetched(self.STATES)
        thread = threading.Thread(target=gateway.step)
        thread.start()
        sent = self.plane.await_request(polls(f"{A}.1"))["at"]
        held = gateway.lease_until
        time.sleep(0.3)
        self.assertEqual(gateway.lease_until, held, "renewed before there was an answer")
        self.plane.say(delta(1, 1))
        thread.join()
        self.assertLessEqual(gateway.lease_until, sent + titan_gateway.LEASE_SECONDS)
        self.assertGreater(gateway.lease_until, held)


class KeepingTheLease(GatewayCase):
    def test_a_refused_table_and_its_report_do_not_renew_it(self):
        gateway = self.fetched(table(8, tenants=3))
        held, confirmed = gateway.lease_until, gateway.confirmed_at
        self.plane.say((410, {}, {}), table(9, tenants=0))
        with self.assertRaises(TableRefused):
            gateway.step()
        self.plane.await_request(reports_an_error)
        self.assertEqual((gateway.lease_until, gateway.confirmed_at), (held, confirmed))

    def test_after_a_restart_it_acknowledges_once_the_writes_of_the_life_before_are_over(self):
        self.fetched(table(4, t0="migrating"))
        self.plane.requests.clear()
        gateway = self.fetched(delta(4, 5, tenants={"t0": {"state": "frozen"}}))
        self.assertEqual(self.plane.requests[0]["query"], {"since": f"{A}.4", "wait": "15s"})
        self.assertEqual((gateway.table["revision"], gateway.lease_until), (f"{A}.5", 0.0))
        gateway.report()
        self.assertNotIn("applied", self.plane.requests[-1]["body"])
        gateway.settled_at = titan_gateway.clock()
        self.plane.say(delta(5, 5))
        gateway.step()
        self.assertEqual(self.plane.requests[-1]["query"]["gateway"], "edge-1")
        self.assertGreater(gateway.lease_until, titan_gateway.clock())


class Leaving(GatewayCase):
    def test_its_table_is_gone_before_it_deregisters_and_it_comes_back_under_another_id(self):
        gateway = self.fetched(table(4))
        with mock.patch.object(gateway, "forget", side_effect=OSError(28, "No space left on device")):
            gateway.close()
        self.assertNotIn("DELETE", [r["method"] for r in self.plane.requests])
        gateway.close()
        self.assertEqual(self.plane.requests[-1]["path"], "/v1/gateways/edge-1")
        self.assertIsNone(self.kept())
        back = self.gateway()
        self.assertEqual((back.id, back.table), ("edge-1.1", None))
        self.fetched(table(4))
        self.assertEqual(self.gateway().id, "edge-1.1")
        self.assertEqual(self.gateway().table, table(4), "a crash keeps both")

    def test_where_nobody_listens_it_stays_on_the_list_and_keeps_its_table(self):
        gateway = self.fetched(table(4))
        self.plane.close()
        gateway.close()
        back = self.gateway()
        self.assertEqual((back.id, back.table), ("edge-1", table(4)))

    def test_the_table_of_another_id_is_as_none(self):
        self.fetched(table(4))
        self.assertIsNone(TitanGateway(self.plane.url, "edge-2", self.folder).table)


class AsAProgram(GatewayCase):
    def test_it_answers_look_ups_and_deregisters_on_sigterm(self):
        self.plane.say(table(1, tenants=2, t1="suspended"))
        port = free_port()
        program = subprocess.Popen(
            [sys.executable, titan_gateway.__file__, "--registry", self.plane.url, "--id", "edge-1", "--state-dir",
             self.folder, "--listen", f"127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
        try:
            self.plane.await_request(polls(f"{A}.1"))
            status, route = self.get(port, "/lookup?host=t0.example")
            self.assertEqual((status, route["cell"], route["endpoints"]["order"]), (200, "cell-1", "c1:1"))
            self.assertEqual(self.get(port, "/lookup?host=t1.example")[0], 503)
            self.assertEqual(self.get(port, "/lookup?host=nobody")[0], 404)
            self.assertEqual(self.get(port, "/health/ready")[0], 200)
            program.terminate()
            self.assertEqual(program.wait(timeout=15), 0)
            self.assertEqual(self.plane.requests[-1]["method"], "DELETE")
        finally:
            program.kill()
            program.wait()

    def get(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())


@unittest.skipUnless(os.environ.get("CONTROL_PLANE"), "CONTROL_PLANE does not name the program")
class BesideTheControlPlane(unittest.TestCase):
    """The real program, stopped and killed."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.listen = folder.name, f"127.0.0.1:{free_port()}"
        self.start()
        self.addCleanup(lambda: self.end(signal.SIGKILL))
        with open(os.path.join(self.folder, "data", "admin-token"), encoding="ascii") as file:
            self.token = file.read().strip()
        for cell in ("cell-1", "cell-2"):
            self.call("PUT", f"/v1/cells/{cell}", {
                "zone": "us-east-1a", "capacity": 1000, "endpoints": {"order": f"{cell}:1", "payment": f"{cell}:3"}})
            self.call("POST", f"/v1/cells/{cell}:activate")
        for i in range(3):
            self.put_tenant(i)

    def start(self):
        self.program = subprocess.Popen(
            [os.environ["CONTROL_PLANE"], "serve", "--data-dir", os.path.join(self.folder, "data"), "--listen", self.listen,
             "--health-listen", "127.0.0.1:0"], stderr=subprocess.PIPE)
        for line in self.program.stderr:
            if json.loads(line)["message"] == "serving":
                break
        else:
            self.fail("the control plane did not start")
        self.reader = threading.Thread(target=self.program.stderr.read)
        self.reader.start()

    def end(self, number):
        self.program.send_signal(number)
        status = self.program.wait(timeout=15)
        self.reader.join()
        self.program.stderr.close()
        return status

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.listen, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), {
                "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
            self.assertIn(response.status, (200, 201), answer)
            return answer

    def put_tenant(self, i):
        self.call("PUT", f"/v1/tenants/t{i}", {"cell": "cell-1", "hosts": [f"t{i}.example"]})

    def gateway(self):
        gateway = TitanGateway(f"http://{self.listen}", "edge-1", os.path.join(self.folder, "state"), log=lambda message: None)
        gateway.start()
        self.addCleanup(gateway.close)
        return gateway

    def await_table(self, gateway):
        """Waits until the gateway has what GET gives, and has said so."""
        table = self.call("GET", "/v1/routing-table")
        for _ in range(1500):
            shown = next((g for g in self.call("GET", "/v1/gateways")["items"] if g["id"] == gateway.id), {})
            if gateway.table == table and shown.get("applied") == table["revision"]:
                return shown
            time.sleep(0.02)
        self.fail(f"{gateway.table}\nis not\n{table}")

    def test_it_follows_every_kind_of_change_over_a_stop_and_a_kill(self):
        gateway = self.gateway()
        shown = self.await_table(gateway)
        self.assertEqual(shown["digest"], digest_of(gateway.table), "the control plane keeps what was reported")
        with mock.patch.object(gateway, "fetch", side_effect=AssertionError("a whole table was fetched again")):
            self.call("PATCH", "/v1/cells/cell-1", {"endpoints": {"payment": None, "order": "cell-1:9"}})
            self.call("POST", "/v1/tenants/t0:suspend")
            self.await_table(gateway)
            self.assertEqual(gateway.decide("t0.example")[0], 503)
            self.assertEqual(gateway.decide("t1.example")[1]["endpoints"], {"order": "cell-1:9"})
            for number, code in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
                self.assertEqual(self.end(number), code)
                self.assertEqual(gateway.decide("t1.example")[0], 200, "it serves with the control plane down")
                self.start()
                self.call("POST", "/v1/tenants/t0:resume")
                self.call("DELETE", "/v1/tenants/t2")
                self.await_table(gateway)
                self.assertEqual([gateway.decide(f"t{i}.example")[0] for i in range(3)], [200, 200, 404])
                self.call("POST", "/v1/tenants/t0:suspend")
                self.put_tenant(2)
                self.await_table(gateway)

    def test_a_gateway_that_left_comes_back_under_another_name_with_a_new_table(self):
        first = self.gateway()
        self.await_table(first)
        first.close()
        self.assertEqual(self.call("GET", "/v1/gateways")["items"], [])
        self.call("DELETE", "/v1/tenants/t1")
        second = self.gateway()
        self.assertNotEqual(second.id, first.id)
        self.await_table(second)
        self.assertEqual([second.decide(f"t{i}.example")[0] for i in range(3)], [200, 404, 200])


def free_port():
    """One that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


if __name__ == "__main__":
    unittest.main()
