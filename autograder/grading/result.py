"""The shape of a result: one line of the ledger, as a dict of plain values."""

from typing import Any

SCHEMA = "autograder/result/v1"
Result = dict[str, Any]
