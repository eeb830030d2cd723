"""Figures beside their peers and their goals: as a table, and as JSON in bench-results/."""

import json
import os
import platform
import time
from dataclasses import asdict, dataclass

from .peers import versions
from .processes import CORES, ROOT

RESULTS = ROOT / "bench-results"


@dataclass
class Figure:
    """One line. The goal is on the ratio to the peer where `of` says so, else on the value itself."""

    what: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    of: str = "ratio"

    @property
    def ratio(self):
        return self.value / self.peer_value if self.peer_value else None

    @property
    def judged(self):
        return self.ratio if self.of == "ratio" and self.peer_value else self.value

    @property
    def met(self):
        """None where there is no goal."""
        if self.at_most is not None:
            return self.judged <= self.at_most
        if self.at_least is not None:
            return self.judged >= self.at_least
        return None

    @property
    def goal(self):
        bound = self.at_most if self.at_most is not None else self.at_least
        if bound is None:
            return ""
        sign = "≤" if self.at_most is not None else "≥"
        return f"{sign} {number(bound)}" + (" ×" if self.of == "ratio" and self.peer_value else f" {self.unit}")


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def save(benchmark, figures, others):
    RESULTS.mkdir(exist_ok=True)
    document = {
        "benchmark": benchmark,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "cpu": cpu(), "cores": len(CORES), "kernel": platform.release(),
            "memoryGiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        },
        "shareOfOthers": round(others, 3),
        "versions": versions(),
        "figures": [asdict(f) | {"ratio": f.ratio, "goal": f.goal, "met": f.met} for f in figures],
    }  # fmt: skip
    (RESULTS / f"{benchmark}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def cpu():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "?")


def table(figures):
    """Markdown that is straight in a terminal too."""
    of = versions()
    rows = [["what", "figure", "peer", "peer's", "ratio", "goal", ""], None]
    for f in figures:
        name = f.peer.split()[0] if f.peer else ""
        peer = f"{f.peer} ({of[name]})" if name in of else f.peer
        verdict = {None: "", True: "met", False: "MISSED"}[f.met]
        theirs = f"{number(f.peer_value)} {f.unit}" if f.peer_value is not None else ""
        rows.append([f.what, f"{number(f.value)} {f.unit}", peer, theirs, number(f.ratio), f.goal, verdict])
    widths = [max(len(r[i]) for r in rows if r) for i in range(7)]
    rows[1] = ["-" * w for w in widths]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(r, widths)) + " |" for r in rows)


def saved(names):
    """What earlier runs left, in the order of `names`."""
    figures = []
    for name in names:
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        for f in json.loads(path.read_text())["figures"]:
            figures.append(Figure(**{k: v for k, v in f.items() if k in Figure.__dataclass_fields__}))
    return figures
