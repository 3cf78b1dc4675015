"""What an instructor has to mend: one sentence for each slip, with the file and the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class UsageError(Exception):
    """Something that the instructor typed or wrote can't be used. The message says in one sentence how to fix it."""


@dataclass(frozen=True, order=True)
class Finding:
    """A slip in a file of an assignment: what is wrong, and the mend. `line` is 0 if no line is to blame."""

    file: str  # below the course's folder, with forward slashes
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


class Findings(UsageError):
    """Several slips at once. The message has a line for each."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))

    def __reduce__(self) -> tuple[type[Findings], tuple[Sequence[Finding]]]:
        return type(self), (self.findings,)  # another process gets the findings, and not their text
