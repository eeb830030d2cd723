"""What is measured on: 500 cells over three zones, and tenants with names of 20 bytes in no order."""

import json

CELLS = 500
NDJSON = "application/x-ndjson"


def tenant(n):
    """The n-th tenant's id; tools/registry.h has the same ones."""
    mask = (1 << 64) - 1
    n = (n + 0x9E3779B97F4A7C15) & mask
    n = ((n ^ n >> 30) * 0xBF58476D1CE4E5B9) & mask
    n = ((n ^ n >> 27) * 0x94D049BB133111EB) & mask
    return f"shop-{(n ^ n >> 31) >> 4:015x}"


def cell_lines():
    """The guide's cells: one endpoint each, room for ten million tenants in all and as many again."""
    return b"\n".join(
        json.dumps({
            "id": f"cell-{i}",
            "zone": f"us-east-1{'abc'[i % 3]}",
            "state": "active",
            "capacity": 40_000,
            "endpoints": {"order-service": f"cell-{i}.titan-cells.svc.cluster.local:50051"},
        }).encode()
        for i in range(1, CELLS + 1)
    )  # fmt: skip


def tenant_lines(count, first=0):
    """An import: a line a tenant, for the policy to place."""
    return b"".join(b'{"id":"%s","load":1}\n' % tenant(n).encode() for n in range(first, first + count))
