"""Prints docs/policy.md from the policy's model: python -m tests.assignment.policy_page > docs/policy.md"""

from __future__ import annotations

from typing import Any

from autograder.assignment.policy_model import (
    ByHand,
    Late,
    LimitsTable,
    Part,
    Policy,
    RubricLine,
    SecondsByHand,
    Submission,
    Value,
)

_HEAD = """# assignment.toml

The policy of an assignment, `source/<slug>/assignment.toml`. A key that is not on this page is refused. `autograder
check` names every slip with its line. This page is made from the model in `autograder/assignment/policy_model.py`.
Beside it lies `assignment.schema.json`, a JSON Schema. An editor that knows it, such as one with Taplo, completes keys.
"""
_TABLES: tuple[tuple[str, Any], ...] = (
    ("The keys above all tables", Policy),
    ("`[[parts]]`, one for each part", Part),
    ("`[submits]`, a list of these for each method", Value),
    ("`[limits]`", LimitsTable),
    ('`[tolerances.<check>]` or `[tolerances."key.<value>"]`', ByHand),
    ("`[seconds.<check>]`", SecondsByHand),
    ("`[rubric.<misconception>]`", RubricLine),
    ("`[submission]`", Submission),
    ("`[late]`", Late),
)


def page() -> str:
    """The page: a table of keys for each table of the policy."""
    return _HEAD + "".join(_section(title, table) for title, table in _TABLES)


def _section(title: str, table: Any) -> str:
    about = "" if table is Policy else f"{table.__doc__}\n\n"
    lines = [f"\n## {title}\n\n{about}| key | default | what it says |\n| --- | --- | --- |\n"]
    for name, field in table.model_fields.items():
        default = field.default
        shown = "needed" if field.is_required() else "" if default in (None, "", ()) else f"`{default}`".lower()
        if isinstance(default, dict | LimitsTable | Submission):
            shown = ""
        lines.append(f"| `{name}` | {shown} | {field.description} |\n")
    return "".join(lines)


if __name__ == "__main__":
    print(page(), end="")
