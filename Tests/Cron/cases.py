"""Writes cases of cron expressions, answered by croniter: a line each of expression, zone, instant, next, previous.

    cases.py SEED COUNT FILE

Fields are separated by tabs, instants are seconds since 1970-01-01T00:00:00Z. `never` stands where no date fits. Half of
the instants lie around a clock change of their zone.
"""

import random
import sys
from bisect import bisect
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import cache
from os import cpu_count
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, croniter

# Changes of an hour, of 30 minutes and of two hours, at midnight and over it, with the seasons turned, with a winter
# time that is set back, four times a year, and none.
ZONES = """
    UTC Europe/Berlin Europe/London Europe/Dublin America/New_York America/Los_Angeles America/St_Johns America/Havana
    America/Nuuk America/Santiago Asia/Beirut Asia/Kathmandu Africa/Casablanca Atlantic/Azores Antarctica/Troll
    Australia/Lord_Howe Australia/Sydney Pacific/Chatham
""".split()
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=timezone.utc).timestamp()) for year in (2008, 2040))
FIELDS = [(0, 59, []), (0, 23, []), (1, 31, []),
          (1, 12, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()),
          (0, 6, "sun mon tue wed thu fri sat".split())]
WORDS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]


@cache
def changes(name):
    """The instants from FIRST to LAST at which the zone's clocks are set."""
    zone = ZoneInfo(name)

    def offset(at):
        return datetime.fromtimestamp(at, zone).utcoffset()

    found = []
    for day in range(FIRST, LAST, 86_400):
        if offset(day) != offset(day + 86_400):
            early, late = day, day + 86_400
            while late - early > 1:
                middle = (early + late) // 2
                early, late = (middle, late) if offset(middle) == offset(day) else (early, middle)
            found.append(late)
    return found


def item(index, chance):
    """One entry of a field's list. What croniter reads in its own way is left out: `2-2` as a whole cycle, `7/2` as `0/2`."""
    low, high, names = FIELDS[index]

    def shown(value):
        return chance.choice(names[value - low:value - low + 1] or [str(value)]) if chance.random() < 0.3 else str(value)

    first = chance.randint(low, high)
    kind = chance.random()
    if kind < 0.4:
        return "7" if index == 4 and first == 0 and chance.random() < 0.3 else shown(first)
    if kind < 0.55:
        return f"*/{chance.randint(2, high + 2)}"
    if kind < 0.65 and first < high:
        return f"{shown(first)}/{chance.randint(2, high)}"
    start, end = sorted(chance.sample(range(low, high + 1), 2))
    return f"{start}-{shown(end)}" + (f"/{chance.randint(1, high)}" if kind > 0.85 else "")


def expression(chance):
    if chance.random() < 0.01:
        return chance.choice(WORDS)
    stars = [0.2, 0.35, 0.6, 0.7, 0.7]
    return " ".join(
        "*" if chance.random() < stars[index]
        else ",".join(item(index, chance) for _ in range(chance.choice([1, 1, 1, 2, 3])))
        for index in range(5))


class Reference:
    """An expression's runs in a zone as croniter finds them, but for what it takes otherwise or wrongly (7.0.0)."""

    def __init__(self, text, name):
        self.text, self.zone, self.changes = text, ZoneInfo(name), changes(name)
        self.croniter = croniter(text, 0.0)
        self.hourly = self.croniter.expanded[1] == ["*"]

    def is_spelt_out(self):
        """Whether a day field takes all its values without a star: to croniter `*/9 * 0-6` is not `1-31/9 * 0-6`."""
        return any(self.croniter.expressions[index] != "*"
                   and self.croniter.expanded[index] in (["*"], list(range(FIELDS[index][0], FIELDS[index][1] + 1)))
                   for index in (2, 4))

    def stepped(self, step, start):
        """Of a time of the clock that comes twice croniter makes two runs. Unless every hour is taken, one is right."""
        self.croniter.set_current(datetime.fromtimestamp(start, self.zone))
        while True:
            run = step(datetime)
            if self.hourly or run.utcoffset() == run.replace(fold=0).utcoffset():
                return int(run.timestamp())

    def following(self, start):
        run = self.stepped(self.croniter.get_next, start)
        if self.hourly:
            # Where clocks go back, croniter may step too far: so it is asked at the change, and from there on.
            for change in self.changes[bisect(self.changes, start):bisect(self.changes, run)]:
                if croniter.match(self.text, datetime.fromtimestamp(change, self.zone).replace(tzinfo=None)):
                    return change
                run = min(run, self.stepped(self.croniter.get_next, change))
        return run

    def previous(self, start):
        last = self.stepped(self.croniter.get_prev, start)
        if bisect(self.changes, last) < bisect(self.changes, start):
            # Over a change croniter may step back too far: so it is followed from there.
            while (run := self.following(last)) < start:
                last = run
        return last


def answer(case):
    text, name, at = case
    reference = Reference(text, name)
    if reference.is_spelt_out():
        return ""
    try:
        both = [reference.following(at), reference.previous(at)]
    except CroniterBadDateError:
        both = ["never", "never"]
    return "\t".join(map(str, [*case, *both])) + "\n"


def cases(seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        name = chance.choice(ZONES)
        at = chance.randrange(FIRST, LAST)
        if changes(name) and chance.random() < 0.5:
            at = chance.choice(changes(name)) + chance.choice([-1, 0, 1, *(chance.randint(-9000, 9000) for _ in range(7))])
        yield expression(chance), name, at


def main():
    seed, count, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with ProcessPoolExecutor(cpu_count()) as pool, open(path, "w", encoding="ascii") as file:
        for line in pool.map(answer, cases(seed, count), chunksize=500):
            file.write(line)


if __name__ == "__main__":
    main()
