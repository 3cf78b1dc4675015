"""Shows which solution fails which check: rows are solutions, columns are checks."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograder.proof.prove import CheckTitle, Proof, Row

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

_MARKS = {"pass": ("·", "dim"), "fail": ("✗", "bold red"), "skipped": ("–", "dim"), "error": ("!", "bold yellow")}


def matrix_table(proof: Proof) -> Group:
    """The matrix with a legend. One row stands for all right solutions that pass everything."""
    from rich.box import SIMPLE_HEAD  # only here, so that workers do not import it
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    checks = proof.checks
    letters = dict(zip([check.name for check in checks], string.ascii_letters, strict=False))
    table = Table(box=SIMPLE_HEAD, padding=0, header_style="bold", pad_edge=False)
    table.add_column("solution", no_wrap=True)
    for check in checks:
        table.add_column(letters[check.name], justify="center", width=2)
    table.add_column(" score", justify="right")
    table.add_column("  named", no_wrap=True)
    passed = [row for row in proof.rows if row.kind == "right" and set(row.outcomes.values()) == {"pass"}]
    for row in proof.rows:
        if row not in passed:
            named = "yes" if row.known_as in row.named else "" if row.kind != "wrong" else "no"
            table.add_row(Text(row.name), *_cells(row, checks), f"{row.score:g}", f"  {named}")
    if passed:
        table.add_row(f"{len(passed)} right solutions", *_cells(passed[0], checks), f"{passed[0].score:g}", "")
    legend = Text(
        "\n".join(f"{letters[check.name]}  {check.part:12} {check.name}: {check.title}" for check in checks),
        style="dim",
    )
    return Group(table, legend, Text("\n· passes   ✗ fails   – not asked\n", style="dim"))


def _cells(row: Row, checks: Sequence[CheckTitle]) -> list[Text]:
    from rich.text import Text

    return [Text(*_MARKS[row.outcomes.get(check.name, "error")]) for check in checks]


def proof_as_json(proof: Proof) -> dict[str, Any]:
    """The matrix for other tools."""
    return {
        "schema": "autograder/proof/v1",
        "proven": not proof.failures,
        "failures": list(proof.failures),
        "recognised": proof.recognised,
        "misconceptions": proof.misconceptions,
        "kept": dict(proof.redundant),
        "rows": [
            {
                "name": r.name,
                "kind": r.kind,
                "part": r.part,
                "score": r.score,
                "named": sorted(r.named),
                "checks": dict(r.outcomes),
            }
            for r in proof.rows
        ],
    }
