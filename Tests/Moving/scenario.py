"""What happens in a run, and what is said of it."""

import random
import re
import time
from datetime import datetime

import judge
from fleet import Cells, ControlPlane, Group, free_port

SECONDS_MAX = 600  # for anything that is waited for; nothing is judged by how fast it is
OUT_SECONDS = 45 + 15  # lease and flight time: from then on a silent gateway that knew of a move is not waited for


class Run:
    def __init__(self, options, folder):
        self.options, self.rng = options, random.Random(options.seed)
        self.began = time.monotonic()
        self.helpers, self.drained, self.drains = [], set(), []
        self.plane = ControlPlane(options.binary, folder)
        self.names = [f"cell-{n}" for n in range(options.cells)]
        # Cell 0 has a fifth of the tenants. Of the others one in five is fenced; the rest has no feed, as most have none.
        fenced = [name for n, name in enumerate(self.names) if n % 5 == 1]
        self.fenced = set(fenced)
        port = free_port()
        zones = ("us-east-1a", "us-east-1b", "us-east-1c")
        self.plane.load("/v1/cells:import", [
            {"id": name, "zone": zones[n % 3], "state": "active", "capacity": 20 * options.tenants // options.cells
             + options.tenants, "endpoints": {"order-service": f"127.0.0.1:{port}"}} for n, name in enumerate(self.names)])
        self.loads = {f"t{n}": 1 + n % 3 for n in range(options.tenants)}
        self.home = {t: self.names[0 if n % 5 == 0 else 1 + n % (options.cells - 1)] for n, t in enumerate(self.loads)}
        self.plane.load("/v1/tenants:import", [
            {"id": t, "load": load, "cell": self.home[t], "hosts": [f"{t}.example"]} for t, load in self.loads.items()])
        self.cells = self.helper(Cells(self.plane, folder, port, fenced, options.sabotage == "seal"))
        share = options.gateways // options.groups
        ids = [f"edge-{n}" for n in range(options.gateways)]
        self.groups = [self.helper(Group(self.plane, folder, port, ids[at : at + share], options))
                       for at in range(0, share * options.groups, share)]
        self.gateways = share * options.groups
        self.until("every gateway to have a table", lambda: len(self.applied()) == self.gateways)
        self.say("all gateways have their table")

    def helper(self, helper):
        self.helpers.append(helper)
        return helper

    def say(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def until(self, what, holds, seconds=SECONDS_MAX):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                blockers = [(name, self.operation(name)["blockers"]) for name in self.drains]
                raise RuntimeError(f"waited {seconds} s for {what}: {blockers}")
            time.sleep(0.1)

    def applied(self):
        """What each gateway that has acknowledged a table routes by."""
        return {g["id"]: int(g["applied"].partition(".")[2]) for g in self.plane.pages("/v1/gateways") if g["applied"]}

    # MARK: Drains

    def tenants_on(self, cells):
        return [t for t, cell in self.home.items() if cell in cells]

    def drain(self, cells):
        """Begins to drain them, with the customers' eyes on their tenants; the operations' ids."""
        for group in self.groups:
            if not getattr(group, "is_away", False):
                group.write_for(self.tenants_on(cells))
        self.drained |= set(cells)
        begun = [self.plane.call("POST", f"/v1/cells/{cell}:drain", {"reason": "the proof"})["id"] for cell in cells]
        self.drains += begun
        return begun

    def operation(self, name):
        return self.plane.call("GET", f"/v1/operations/{name}")

    def is_over(self, names):
        return all(self.operation(name)["done"] for name in names)

    def batches(self, names):
        return [b for name in names for b in self.plane.call("GET", f"/v1/migrations/{name}")["batches"]]

    def first_batches(self, names):
        """Those that a drain begins with. Others move what another cell's drain has brought meanwhile."""
        return [b for b in self.batches(names) if b["number"] == 1]

    def choose(self, count, fenced):
        """So many cells that have not been drained yet."""
        left = [c for c in self.names[1:] if c not in self.drained and (c in self.fenced) == fenced]
        return self.rng.sample(left, min(count, len(left)))

    # MARK: What happens

    def scenario(self):
        sabotage = self.options.sabotage
        if sabotage == "seal":
            return self.old_table(self.choose(1, fenced=True))
        if sabotage == "acknowledgement":
            return self.healthy(self.names[0])
        if sabotage == "lease":
            return self.leases(self.choose(1, fenced=False))
        self.healthy(self.names[0])
        self.leases(self.choose(3, fenced=False) + self.choose(2, fenced=True))
        for _ in range(self.options.rounds - 1):
            self.storm(self.choose(5, fenced=False) + self.choose(2, fenced=True))

    def healthy(self, cell):
        """One large cell, everybody well."""
        count = len(self.tenants_on([cell]))
        self.figures()
        began = time.monotonic()
        drain = self.drain([cell])
        self.until(f"{cell} to be empty", lambda: self.is_over(drain))
        seconds = time.monotonic() - began
        self.say(f"drain of {count:,} tenants, all gateways well: {seconds:.1f} s, {count / seconds:,.0f} tenants a second")
        frozen = [seconds_of(b["frozenFor"]) for b in self.batches(drain) for _ in range(b["moved"])]
        self.say(f"  frozen, by tenant: {spread(frozen)}")
        time.sleep(0.5)  # so that writes that were held are through, and counted
        pauses = [p for figures in self.figures() for p in figures["pauses"]]
        self.say(f"  pause that writers met: {spread(pauses)}")

    def old_table(self, cells):
        """A group is cut off before it hears of a move from a cell that seals; it writes on by the table it has."""
        cut = self.groups[0]
        cut.write_for(self.tenants_on(cells))
        cut.path.hold()
        cut.is_away = True
        drain = self.drain(cells)
        self.until("the sealed cell to be left", lambda: all(b["cutoverRevision"] for b in self.batches(drain)))
        time.sleep(2)  # of writes by the old table
        cut.is_away = False
        cut.path.mend()
        self.until("the drain's end", lambda: self.is_over(drain))

    def leases(self, cells):
        """Gateways that knew of the announcement fall silent; the move goes on when they are out, and they write on.

        One group holds the freeze up until two others have the announcement, and are then cut off and stopped. Kills of
        the control plane and of a fourth group come on top.
        """
        waiting, cut, stopped, *others = self.groups
        sealed = [c for c in cells if c in self.fenced]
        focus = self.tenants_on(cells)
        for group in self.groups:
            group.write_for(focus)
        waiting.stop()
        waiting.is_away = True
        began = self.drain(cells)
        unsealed = [name for cell, name in zip(cells, began) if cell not in sealed]
        away = set(cut.ids + stopped.ids)

        def is_announced():
            announced = [b["announcedRevision"] for b in self.first_batches(unsealed)]
            applied = self.applied()
            return all(announced) and all(applied.get(g, 0) >= max(announced) for g in away)

        self.until("the announcement to be known", is_announced)
        self.rng.choice([cut.path.hold, cut.path.break_off])()
        stopped.stop()
        cut.is_away = stopped.is_away = True
        silent_since = time.monotonic()
        self.say(f"{', '.join(cut.ids)} cut off, {', '.join(stopped.ids)} stopped, both with the announcement")
        waiting.go_on()
        waiting.is_away = False
        # A start forgets what was acknowledged just before a kill, unless a freeze has begun on it.
        self.until("the freeze", lambda: all(b["frozenRevision"] for b in self.first_batches(unsealed)))
        for kill in range(self.options.kills):
            time.sleep(self.rng.uniform(0.2, 2))
            if others and kill == 0:
                others[-1].kill()
            self.plane.kill()
        if others and self.options.kills:
            others[-1].restart()
        self.say(f"control plane killed {self.options.kills} times")
        self.until("the silent gateways to be out", lambda: all(b["cutoverRevision"] for b in self.first_batches(unsealed)))
        self.say(f"they are cut over {time.monotonic() - silent_since:.1f} s after they fell silent "
                 f"(lease and flight time: {OUT_SECONDS} s; each start begins anew)")
        time.sleep(3)  # of writes by those that are cut off
        stopped.go_on()
        time.sleep(1)
        cut.path.mend()
        cut.is_away = stopped.is_away = False
        self.until("the drains' end", lambda: self.is_over(began))
        self.say(f"{len(began)} drains are over")

    def storm(self, cells):
        """Anything at any time, while cells drain."""
        drains = self.drain(cells)
        faults = []
        for _ in range(self.options.kills):
            time.sleep(self.rng.uniform(0, 5))
            group = self.rng.choice(self.groups)
            kind = self.rng.choice(["kill", "kill", "stop", "hold", "break", "crash"])
            if kind == "kill":
                self.plane.kill()
            elif not getattr(group, "is_away", False):
                begin, end = {"stop": (group.stop, group.go_on), "hold": (group.path.hold, group.path.mend),
                              "break": (group.path.break_off, group.path.mend), "crash": (group.kill, group.restart)}[kind]
                begin()
                group.is_away = True
                faults.append((time.monotonic() + self.rng.choice([1, 5, 50, 65]) * self.rng.uniform(0.5, 1.2), end, group))
            for fault in [f for f in faults if f[0] < time.monotonic()]:
                self.heal(faults, fault)
        while faults:
            fault = min(faults, key=lambda f: f[0])
            time.sleep(max(0, fault[0] - time.monotonic()))
            self.heal(faults, fault)
        self.until("the drains' end", lambda: self.is_over(drains))
        self.say(f"{len(drains)} drains are over, in a storm of {self.options.kills} faults")

    def heal(self, faults, fault):
        faults.remove(fault)
        fault[1]()
        fault[2].is_away = False

    def figures(self):
        return [figures for group in self.groups for figures in group.say(figures=True)]

    # MARK: What is judged

    def judge(self):
        """What is wrong, by rule; all of them empty where everything holds."""
        table = self.plane.call("GET", "/v1/routing-table")
        last = int(table["revision"].partition(".")[2])
        self.until("every gateway to have the last table",
                   lambda: sum(r >= last for r in self.applied().values()) == self.gateways)
        unserved = self.sweep()
        counts = [f["counts"] for f in self.figures()]
        digests = {tuple(entry) for group in self.groups for entry in group.say(tables=True)}
        entries = self.cells.entries()
        operations = {name: self.operation(name) for name in self.drains}
        cutovers, moved = self.cutovers(), sum(o["progress"]["completed"] for o in operations.values())
        writes = sum(entry[0] == "write" for entry in entries)
        self.say(f"{writes:,} writes taken, {sum(c['refused'] for c in counts):,} refused, {sum(c['late'] for c in counts):,} "
                 f"too late; {len(cutovers):,} cutovers; control plane killed {self.plane.kills} times")
        by = [b["barrier"]["heldBy"] for b in self.batches(self.drains)]
        attempts = sum(b["attempt"] > 1 for b in self.batches(self.drains))
        self.say(f"{len(by)} batches, let through by {({w: by.count(w) for w in sorted(set(by))})}, {attempts} of them frozen "
                 "more than once")
        return {
            "two cells": judge.two_cells(entries),
            "after cutover": judge.after_cutover(entries, cutovers),
            "after seal": judge.after_seal(entries),
            "registry": judge.registry(table, self.plane.call("GET", "/v1/capacity")["cells"], self.loads, self.drained),
            "drains": [f"the {o['kind']} of {o['resource']} has {o['state']}: {o['blockers']}"
                       for o in operations.values() if o["state"] != "succeeded"],
            "gateways": [f"there are {len(digests)} tables: {digests}"] if len(digests) != 1 else [],
            "unserved": [f"{tenant}: {answer}" for tenant, answer in unserved.items()],
            "cutovers": [] if len(cutovers) == moved else [f"{len(cutovers):,} are shown, {moved:,} were counted"],
        }

    def sweep(self):
        """A write to each tenant, which must be taken now: the tenants whose is not, and why."""
        for group in self.groups:
            group.say(quiet=True)
        for part, group in enumerate(self.groups):
            group.tell(f'{{"sweep": [{part}, {len(self.groups)}]}}')
        return {t: why for group in self.groups for t, why in group.answered().items()}

    def cutovers(self):
        """Every one, as `judge.after_cutover` takes them."""
        found = []
        for name in self.drains:
            at = {b["number"]: b for b in self.plane.call("GET", f"/v1/migrations/{name}")["batches"]}
            for move in self.plane.pages(f"/v1/migrations/{name}/tenants"):
                if move["state"] == "moved":
                    found.append((milliseconds_of(at[move["batch"]]["reversibleUntil"]) - 3_600_000, move))
        result, epochs = [], {}
        for at, move in sorted(found, key=lambda f: f[0]):
            epoch = epochs.get(move["tenant"], 1)
            epochs[move["tenant"]] = epoch + 1
            result.append((move["tenant"], move["from"], move["to"], epoch, at))
        return result

    def end(self):
        for helper in reversed(self.helpers):
            helper.end()
        self.plane.stop()


def milliseconds_of(time_text):
    return round(datetime.fromisoformat(time_text).timestamp() * 1000)


def seconds_of(duration):
    """`412ms`, `1.2s`, `1m3s`."""
    unit = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
    return sum(float(n) * unit[u] for n, u in re.findall(r"([\d.]+)(ms|us|µs|ns|h|m|s)", duration or "0s"))


def spread(seconds):
    if not seconds:
        return "none"
    figures = [judge.quantile(seconds, share) for share in (0.5, 0.99, 1)]
    return "p50 {:,.0f} ms, p99 {:,.0f} ms, most {:,.0f} ms".format(*(1000 * f for f in figures)) + f" of {len(seconds):,}"
