"""What must hold of the cells' journal, and of the registry after it all. Each function returns what is wrong, in words."""

from collections import defaultdict

SHOWN = 5


def read(path):
    """The journal as (what, monotonic seconds, wall milliseconds, cell, tenant, epoch), in order."""
    entries = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            what, monotonic, wall, cell, tenant, epoch = line.rstrip("\n").split("\t")
            entries.append((what, float(monotonic), int(wall), cell, tenant, int(epoch)))
    return entries


def two_cells(entries):
    """Once a tenant's target has taken a write no earlier cell takes any: epochs only grow, and each is one cell's."""
    wrong, newest = [], {}
    for number, (what, _, _, cell, tenant, epoch) in enumerate(entries):
        if what != "write":
            continue
        last_epoch, last_cell = newest.get(tenant, (0, cell))
        if epoch < last_epoch or (epoch == last_epoch and cell != last_cell):
            wrong.append(f"{tenant}: {cell} took a write of epoch {epoch} (entry {number}), after {last_cell} took one of "
                         f"epoch {last_epoch}")
        else:
            newest[tenant] = epoch, cell
    return wrong


def after_cutover(entries, cutovers):
    """Nothing is taken by the source of a move after its cutover, whether or not the target has taken anything.

    `cutovers` are (tenant, source, target, epoch before, wall milliseconds of the transaction). The transaction's time
    is when it began, after the barrier held.
    """
    by_tenant, wrong = defaultdict(list), []
    for tenant, source, target, epoch, at in cutovers:
        by_tenant[tenant].append((source, target, epoch, at))
    for what, _, wall, cell, tenant, epoch in entries:
        if what != "write":
            continue
        for source, target, before, at in by_tenant.get(tenant, ()):
            if epoch <= before and wall > at:
                wrong.append(f"{tenant}: {cell} took a write of epoch {epoch} {wall - at} ms after the cutover from {source}")
            if epoch == before + 1 and cell != target:
                wrong.append(f"{tenant}: {cell} took a write of epoch {epoch}, which is {target}'s")
    return wrong


def after_seal(entries):
    """A cell that has sealed a tenant takes no write of it until it opens for it again."""
    wrong, sealed = [], set()
    for what, _, _, cell, tenant, _ in entries:
        if what == "seals":
            sealed.add((cell, tenant))
        elif what == "opens":
            sealed.discard((cell, tenant))
        elif (cell, tenant) in sealed:
            wrong.append(f"{tenant}: {cell} took a write after it had sealed it")
    return wrong


def registry(table, cells, loads, cells_left):
    """No tenant is lost or in a move, none is on a cell that was drained, and capacity adds up."""
    wrong = [f"{tenant} is lost" for tenant in loads.keys() - table["tenants"].keys()]
    on = defaultdict(int)
    for tenant, entry in table["tenants"].items():
        on[entry["cell"]] += loads.get(tenant, 0)
        if entry.get("state", "serving") != "serving":
            wrong.append(f"{tenant} is still {entry['state']}")
        if entry["cell"] in cells_left:
            wrong.append(f"{tenant} is on {entry['cell']}, which was drained")
        if table["hosts"].get(f"{tenant}.example") != tenant:
            wrong.append(f"{tenant} has lost its host")
    for cell in cells:
        if cell["load"] != on[cell["cell"]] or cell["reserved"] != 0:
            wrong.append(f"{cell['cell']} has load {cell['load']} and {cell['reserved']} reserved; its tenants have "
                         f"{on[cell['cell']]}")
    return wrong


def shown(findings):
    more = f"\n  and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    return "".join(f"\n  {line}" for line in findings[:SHOWN]) + more


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
