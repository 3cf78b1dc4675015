"""Shows verdicts and the status: as HTML in a notebook, as plain text everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape

from .key import Part
from .verdict import Verdict

# Only the border is coloured, in tones that stand out on white and on black. The text keeps the theme's colour.
_GREEN, _RED, _GREY = "#2e9e5b", "#d6455d", "#8a8f98"


def show(html: str, text: str) -> None:
    """Show the HTML in a notebook and print the text elsewhere. Nothing ever goes to stderr."""
    if _in_notebook():
        from IPython.display import display

        display({"text/html": html, "text/plain": text}, raw=True)
    else:
        # A console that has no tick must not turn one into a traceback.
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding))


def show_sentence(sentence: str) -> None:
    """Show one remark that is not a verdict."""
    show(_box(_GREY, escape(sentence)), sentence)


def show_verdicts(verdicts: Sequence[tuple[Part, Verdict]]) -> None:
    """Show the verdicts of one call."""
    html = "".join(_verdict_html(part, verdict) for part, verdict in verdicts)
    show(html, "\n".join(_verdict_text(part, verdict) for part, verdict in verdicts))


def show_status(title: str, rows: Sequence[tuple[Part, Verdict | None]], total: float) -> None:
    """Show a table of all parts, each with the verdict on its kept answer or None, and the total."""
    most = sum(part.max_score for part, _ in rows)
    table = [("Part", "Answer", "Verdict", "Points")]
    for part, verdict in rows:
        kept = "none" if verdict is None else "kept"
        table.append((part.title, kept, "" if verdict is None else _word(verdict), _points(part, verdict)))
    # A person may mark more than this, which the key does not say.
    table.append(("Total, checked by code", "", "", f"{total:g} of {most:g}"))
    show(_table_html(title, table), _table_text(title, table))


def _in_notebook() -> bool:
    # A notebook has loaded IPython long before us, so there is no need to import it here. Some notebooks have no
    # kernel, as in a browser. IPython's own terminal is the only shell that shows no HTML.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and not type(shell).__module__.startswith("IPython.terminal")


def _word(verdict: Verdict) -> str:
    if verdict.kept:
        return "kept"
    if not verdict.counted:
        return "✗ not counted"
    return "✓ passed" if verdict.passed else "✗ not passed"


def _points(part: Part, verdict: Verdict | None) -> str:
    if verdict is not None and verdict.kept:
        return f"up to {part.max_score:g}"
    earned = part.max_score if verdict is not None and verdict.passed else 0
    return f"{earned:g} of {part.max_score:g}"


def _head(part: Part, verdict: Verdict) -> list[str]:
    # An answer that is not counted leaves the points of the earlier one, so it has none to show.
    points = [f"{_points(part, verdict)} points"] if verdict.counted else []
    return [_word(verdict), part.title, *points]


def _advice(verdict: Verdict) -> str:
    see = f" See {verdict.see}." if verdict.see else ""
    return f"Hint: {verdict.hint}{see}" if verdict.hint else ""


def _verdict_html(part: Part, verdict: Verdict) -> str:
    word, *others = _head(part, verdict)
    lines = [" &middot; ".join([f"<b>{word}</b>", *map(escape, others)]), escape(verdict.message)]
    if verdict.hint:
        lines.append(f"<i>{escape(_advice(verdict))}</i>")
    return _box(_GREY if verdict.kept else _GREEN if verdict.passed else _RED, "<br>".join(lines))


def _verdict_text(part: Part, verdict: Verdict) -> str:
    lines = [" | ".join(_head(part, verdict)), verdict.message]
    if verdict.hint:
        lines.append(_advice(verdict))
    return "\n    ".join(lines)


def _box(colour: str, html: str) -> str:
    style = f"border-left: 4px solid {colour}; padding: 0.2em 0.8em; margin: 0.3em 0; color: inherit"
    return f'<div style="{style}">{html}</div>'


def _table_html(title: str, table: Sequence[Sequence[str]]) -> str:
    style = "text-align: left; color: inherit; padding: 0.2em 1em 0.2em 0"
    rows = ""
    for number, row in enumerate(table):
        tag = "th" if number in (0, len(table) - 1) else "td"
        rows += "<tr>" + "".join(f'<{tag} style="{style}">{escape(cell)}</{tag}>' for cell in row) + "</tr>"
    return _box(_GREY, f"<b>{escape(title)}</b><table>{rows}</table>")


def _table_text(title: str, table: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*table)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)
    return "\n".join([title, *lines])
