"""Finds the reference gateway and cell, which are examples and no package."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "Examples/gateway"))
