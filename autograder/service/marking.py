"""The pages on which people mark answers by hand. The command `mark` and the instructor's pages of `serve` share them.

A page is fetched once. Its script then asks for the state of a question, and posts each action.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from autograder.assignment import UsageError
from autograder.marking import Desk, Question, Sheet, differences
from autograder.reports import pages
from autograder.service.answer_html import answer_html, markdown_html
from autograder.service.browser import Browser, Visit

# Scripts come only from the service itself. MathJax sets styles on what it draws.
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; style-src 'self' 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_FILES = {
    "mark.js": ("autograder.reports.pages", "mark.js", "text/javascript"),
    "mark.css": ("autograder.reports.pages", "mark.css", "text/css"),
    "mathjax/tex-svg-full.js": ("mathjax", "static/mathjax/es5/tex-svg-full.js", "text/javascript"),
    "mathjax/ui/safe.js": ("mathjax", "static/mathjax/es5/ui/safe.js", "text/javascript"),
}
_FORM_BYTES = 40_000  # a comment has 2,000 letters, each of up to 12 bytes in a form
_SEEN_SECONDS = 8.0  # a marker whose page has not asked for so long is not there any more
_EMPTY = {
    "empty": "No answer: the cell is as it was released, or empty. It starts with 0 points.",
    "missing": "No answer: the cell is not in the notebook. It starts with 0 points.",
    "unreadable": "No answer: no notebook of this student can be read.",
    "answered": "",
}


class MarkingPages:
    """Makes the pages of several assignments.

    - `desks` are the answers and marks of each assignment, by slug.
    - `marker` is the name of the only marker, or empty: then the page asks for it.
    - `anonymous` hides the students' names.
    """

    def __init__(
        self,
        desks: Mapping[str, Desk],
        form_key: Callable[[Visit], str],
        marker: str = "",
        anonymous: bool = False,
        home: str = "",
    ) -> None:
        self._desks = desks
        self._form_key = form_key
        self._marker = marker
        self._anonymous = anonymous
        self._home = home
        self._present: dict[tuple[str, str, str], tuple[str, float]] = {}  # by slug, question, marker: at which answer

    def routes(self, browser: Browser) -> list[Route]:
        """Return the routes. Only the instructor reaches them."""
        base = "/instructor/{slug}/mark"
        return [
            Route("/instructor/files/{name:path}", browser.restrict_to("instructor", self.file), methods=["GET"]),
            Route(base, browser.restrict_to("instructor", self.overview), methods=["GET"]),
            Route(f"{base}/{{question}}", browser.restrict_to("instructor", self.question), methods=["GET"]),
            Route(f"{base}/{{question}}", browser.restrict_to("instructor", self.act, _FORM_BYTES), methods=["POST"]),
            Route(f"{base}/{{question}}/state", browser.restrict_to("instructor", self.state), methods=["GET"]),
            Route(
                f"{base}/{{question}}/answers/{{key}}", browser.restrict_to("instructor", self.answer), methods=["GET"]
            ),
        ]

    def file(self, visit: Visit) -> Response:
        """A script or style of ours or of MathJax."""
        found = _FILES.get(visit.request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        package, name, kind = found
        raw = files(package).joinpath(name).read_bytes()
        return Response(raw, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})

    def overview(self, visit: Visit) -> Response:
        """The questions of an assignment, and how many answers are marked."""
        desk = self._desk(visit)
        marks = desk.file.marks()
        rows = []
        for question in desk.questions.values():
            sheets = desk.sheets(question.id).values()
            found = [marks.mark(sheet.student, question.id) for sheet in sheets]
            by = Counter(mark.marker for mark in found if mark.is_marked)
            rows.append({"question": question, "marked": by.total(), "total": len(sheets), "by": sorted(by.items())})
        return self._page("service_marking.html.j2", desk, rows=rows, query=self._query(visit))

    def question(self, visit: Visit) -> Response:
        """The page on which a question is marked."""
        desk, question = self._desk(visit), self._question(visit)
        return self._page(
            "service_mark.html.j2",
            desk,
            question=question,
            prompt=Markup(markdown_html(question.prompt)),
            model=Markup(
                f"<pre><code>{escape(question.model_answer)}</code></pre>"
                if question.is_code
                else markdown_html(question.model_answer)
            ),
            form_key=self._form_key(visit),
            marker=self._marker,
            query=self._query(visit),
        )

    def state(self, visit: Visit) -> Response:
        """The state of a question as JSON. If nothing changed since `version`, only the other markers' places."""
        desk, question, asked = self._desk(visit), self._question(visit), visit.request.query_params
        here = self._others_here(visit, asked.get("marker", ""), asked.get("at", ""))
        if _version(desk, question) == asked.get("version"):
            return JSONResponse({"here": here})
        return JSONResponse({**self._state(visit, desk, question), "here": here})

    def answer(self, visit: Visit) -> Response:
        """An answer as JSON: its HTML, and where it differs from the first of its group."""
        desk, question = self._desk(visit), self._question(visit)
        sheet = self._sheet(visit, desk, question)
        if sheet.lost:
            desk.forget_lost()
            sheet = self._sheet(visit, desk, question)
        answer = desk.whole_answer(question.id, sheet)
        first = desk.sheets(question.id)[sheet.group]
        changed = []
        if first.key != sheet.key and sheet.answer.state == "answered" and first.answer.sha256 != sheet.answer.sha256:
            changed = differences(first.answer.text, sheet.answer.text)
        found = {
            "html": answer_html(answer),
            "macros": list(answer.macros),
            "empty": sheet.lost or _EMPTY[sheet.answer.state],
            "differs": changed,
            "digest": sheet.answer.sha256,
        }
        return JSONResponse(found)

    def act(self, visit: Visit) -> Response:
        """Carry out an action, and return the state after it. A wrong value gives a sentence in `problem`."""
        desk, question, form = self._desk(visit), self._question(visit), visit.form
        marker, key, kind = self._marker or form.get("marker", ""), form.get("answer", ""), form.get("do", "")
        lines = []
        problem = ""
        try:
            if kind == "give":
                lines = desk.give(marker, question.id, key, form.get("item", ""), form.get("given") == "1")
            elif kind == "comment":
                lines = desk.comment(marker, question.id, key, form.get("text", ""))
            elif kind == "done":
                lines = desk.done(marker, question.id, key)
            elif kind == "clear":
                lines = desk.clear(marker, question.id, key)
            elif kind == "same":
                lines = desk.same(marker, question.id, key, form.get("alike") == "1")
            elif kind == "item":
                points = float(form.get("points", "").replace(",", ".") or 0)
                deleted = form.get("deleted") == "1"
                lines = desk.item(marker, question.id, form.get("item", ""), points, form.get("text", ""), deleted)
            elif kind == "rule":
                lines = desk.rule(marker, question.id, form.get("counts_from", ""))
            elif kind == "undo":
                lines = desk.undo(marker, question.id)
            else:
                raise HTTPException(400)
        except (ValueError, UsageError) as wrong:
            problem = str(wrong) if kind != "item" or "float" not in str(wrong) else "The points are no number."
        students = {line.student for line in lines if hasattr(line, "student")}
        keys = [sheet.key for sheet in desk.sheets(question.id).values() if sheet.student in students]
        return JSONResponse(
            {**self._state(visit, desk, question), "problem": problem, "keys": keys, "nothing": not lines}
        )

    def _state(self, visit: Visit, desk: Desk, question: Question) -> dict[str, Any]:
        version = _version(desk, question)  # before the marks: what is written meanwhile makes a newer one
        try:
            marks = desk.file.marks()
        except UsageError as problem:
            return {"version": "broken", "broken": str(problem)}
        sheets = desk.sheets(question.id)
        anonymous = self._is_anonymous(visit)
        rows = []
        for sheet in sheets.values():
            mark = marks.mark(sheet.student, question.id)
            row: dict[str, Any] = {"key": sheet.key, "group": sheet.group, "digest": sheet.answer.sha256}
            row |= {"name": "" if anonymous else sheet.student, "empty": sheet.answer.state != "answered"}
            row |= {"items": [item.id for item in mark.items], "comment": mark.comment, "marked": mark.is_marked}
            row |= {"points": marks.points(sheet.student, question.id, question.max_score), "marker": mark.marker}
            rows.append(row | {"changed": desk.is_changed(sheet, mark), "lost": bool(sheet.lost)})
        items = [
            {"id": item.id, "points": item.points, "text": item.text, "count": sum(item.id in r["items"] for r in rows)}
            for item in marks.items(question.id)
        ]
        return {
            **{"version": version, "rows": rows, "items": items},
            **{"counts_from": marks.counts_from(question.id), "max_score": question.max_score},
        }

    def _others_here(self, visit: Visit, marker: str, at: str) -> dict[str, list[str]]:
        """The other markers that look at an answer now, by its key."""
        slug, question = visit.request.path_params["slug"], visit.request.path_params["question"]
        now = time.monotonic()
        marker = self._marker or marker[:60]
        if marker and len(at) <= 20:
            self._present[slug, question, marker] = (at, now)
        here: dict[str, list[str]] = {}
        for (other_slug, other_question, name), (key, when) in list(self._present.items()):
            if now - when > _SEEN_SECONDS:
                self._present.pop((other_slug, other_question, name), None)
            elif (other_slug, other_question) == (slug, question) and name != marker:
                here.setdefault(key, []).append(name)
        return here

    def _is_anonymous(self, visit: Visit) -> bool:
        return self._anonymous or "anonymous" in visit.request.query_params

    def _query(self, visit: Visit) -> str:
        return "?anonymous" if "anonymous" in visit.request.query_params else ""

    def _desk(self, visit: Visit) -> Desk:
        desk = self._desks.get(visit.request.path_params["slug"])
        if desk is None:
            raise HTTPException(404)
        return desk

    def _question(self, visit: Visit) -> Question:
        question = self._desk(visit).questions.get(visit.request.path_params["question"])
        if question is None:
            raise HTTPException(404)
        return question

    def _sheet(self, visit: Visit, desk: Desk, question: Question) -> Sheet:
        sheet = desk.sheets(question.id).get(visit.request.path_params["key"])
        if sheet is None:
            raise HTTPException(404)
        return sheet

    def _page(self, name: str, desk: Desk, **values: Any) -> Response:
        common = {"title": desk.assignment.title, "slug": desk.assignment.slug, "home": self._home}
        text = pages.render(name, questions=list(desk.questions.values()), **common, **values)
        raw = text.encode("utf-8", "replace")
        return HTMLResponse(raw, headers={"Content-Security-Policy": POLICY})


def _version(desk: Desk, question: Question) -> str:
    """A text that changes whenever the marks or the answers of a question change."""
    sheets = desk.sheets(question.id).values()
    return f"{desk.file.version}-{hash(tuple(sheet.key + sheet.notebook_sha256 for sheet in sheets))}"
