"""The pages: the student's with tokens and submissions, and the instructor's with the queue and every format."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.assignment import Assignment
from autograder.marking import Grade, grades_of, questions_of, shown_time
from autograder.reports import FORMATS, NEED_ROSTER, Book, file_bytes, pages
from autograder.service.browser import Visit
from autograder.service.grading import Grading
from autograder.service.http import SANDBOX
from autograder.service.ledgers import Ledgers, choose_counted_entry
from autograder.service.log import log
from autograder.service.message_format import ENDPOINT
from autograder.service.store import Entry, Store
from autograder.service.tokens import TOKEN_SECONDS, Tokens
from autograder.submissions import Roster, email_key, file_name

_MAX_ROWS = 50
_FORMATS = [name for name in FORMATS if name not in NEED_ROSTER]  # a service has the roster of the course alone
_AFTER_REVOKING = "void"  # the query of a page after a form, which makes it show a text of ours
_TOKENS_VOID = "All your tokens are void now. Make a new token for your next submission."
_LINK_VOID = "The student's link and tokens are void now. Make a new link with: autograder roster links"
_UNKNOWN_ADDRESS = "Nothing was changed: there is no such address on the roster."
_RECEIPT = re.compile(r"[0-9]{1,18}")  # Python refuses to read a number with thousands of digits


class Pages:
    """Makes every page. `emails` maps each student on the roster to the e-mail address."""

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        assignments: Mapping[str, Assignment],
        emails: Mapping[str, str],
        roster: Roster,
        ledgers: Ledgers,
        grading: Grading,
        url: str,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._assignments = assignments
        self._emails = emails
        self._roster = roster
        self._ledgers = ledgers
        self._grading = grading
        self._url = url

    def home(self, visit: Visit) -> Response:
        """The student's page. The instructor is redirected to the instructor's page."""
        if visit.claims.student is None:
            return RedirectResponse("/instructor", 303)
        return self._student_page(visit)

    def make_token(self, visit: Visit) -> Response:
        """Make a new token and show it once. Earlier tokens stay valid."""
        assignment = self._find_assignment(visit.form.get("assignment", ""))
        email = self._emails[visit.student]
        log("token made", student=visit.student, assignment=assignment.slug)
        token = self._tokens.make_token(email, assignment.slug, self._store.generations(visit.student))
        return self._student_page(visit, token=token, token_for=assignment.title)

    def revoke_tokens(self, visit: Visit) -> Response:
        """Void every token of the student."""
        self._store.revoke(visit.student)
        log("tokens revoked", student=visit.student, by="student")
        return RedirectResponse(f"/?{_AFTER_REVOKING}", 303)

    def submission(self, visit: Visit) -> Response:
        """The feedback on one submission, for its student and for the instructor."""
        asked = visit.request.path_params["receipt"]
        entry = self._store.entry(int(asked)) if _RECEIPT.fullmatch(asked) else None
        known = entry is not None and entry.assignment in self._assignments
        if entry is None or not known or visit.claims.student not in (None, entry.student):
            raise HTTPException(404)  # also for another student's, so that the answer does not reveal which exist
        result = self._store.result(entry.receipt)
        values: dict[str, Any] = {"entry": self._row(entry, None), "instructor": visit.claims.student is None}
        if result is None:
            return _page("service_waiting.html.j2", title=f"Submission {entry.receipt}", **values)
        folder = self._ledgers.receipt_folder(entry.assignment, entry.receipt)
        book = Book(
            self._assignments[entry.assignment], self._ledgers.folder / entry.assignment, (result,), self._roster
        )
        feedback = _first_file("feedback", replace(book, pictures=folder))
        return _sandboxed_page(_with_bar(feedback, pages.render("service_bar.html.j2", **values)))

    def instructor(self, visit: Visit) -> Response:
        """The instructor's page: the queue, the last submissions and the downloads."""
        return self._instructor_page(visit, _LINK_VOID if visit.request.url.query == _AFTER_REVOKING else "")

    def _instructor_page(self, visit: Visit, notice: str, status: int = 200) -> Response:
        running = self._grading.running
        shown = []
        for slug, assignment in self._assignments.items():
            entries = self._store.entries_of_assignment(slug)
            waiting = [entry for entry in entries if entry.status is None and entry.receipt not in running]
            shown.append(
                {
                    "slug": slug,
                    "title": assignment.title,
                    "due": _due(assignment),
                    "counts": assignment.counts,
                    "by_hand": bool(questions_of(assignment)),
                    "students": len({entry.student for entry in entries}),
                    "total": len(entries),
                    "errors": sum(entry.status == "error" for entry in entries),
                    "running": [self._row(entry, None) for entry in entries if entry.receipt in running],
                    "waiting": len(waiting),
                    "since": _shown(waiting[0], assignment) if waiting else "",
                    "entries": [self._row(entry, None) for entry in entries[: -_MAX_ROWS - 1 : -1]],
                }
            )
        values = {"assignments": shown, "formats": _FORMATS, "listed": _MAX_ROWS, "class_size": len(self._emails)}
        values |= {"form_key": self.form_key(visit), "notice": notice}
        return _page("service_instructor.html.j2", status, title="Submissions", **values)

    def report(self, visit: Visit) -> Response:
        """The report on the results that count now."""
        return _sandboxed_page(_first_file("html", replace(self._make_book(visit), feedback_is_served=True)))

    def feedback(self, visit: Visit) -> Response:
        """A student's feedback, at the address that the report links to."""
        book, name = self._make_book(visit), visit.request.path_params["name"]
        chosen = tuple(result for result in book.results if f"{file_name(result['student'])}.html" == name)
        if not chosen:
            raise HTTPException(404)
        return _sandboxed_page(_first_file("feedback", Book(book.assignment, book.folder, chosen, book.roster)))

    def download(self, visit: Visit) -> Response:
        """Download the files of a format. A single file comes as it is, several come as a zip."""
        name = visit.request.path_params["format"]
        if name not in _FORMATS:
            raise HTTPException(404)
        book = self._make_book(visit)
        files = list(FORMATS[name](book))
        if len(files) == 1:
            [(path, text)] = files
            return _download(path.rsplit("/", maxsplit=1)[-1], file_bytes(path, text))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
            for path, text in files:
                out.writestr(path, file_bytes(path, text))
        return _download(f"{book.assignment.slug}-{name}.zip", archive.getvalue())

    def revoke_student(self, visit: Visit) -> Response:
        """Void a student's link, sessions and tokens. `autograder roster links` then makes a new link."""
        email_on_form = email_key(visit.form.get("email", ""))
        student = next((student for student, email in self._emails.items() if email == email_on_form), None)
        if student is None:
            return self._instructor_page(visit, _UNKNOWN_ADDRESS, 404)
        self._store.revoke(student, link=True)
        log("link and tokens revoked", student=student, by="instructor")
        return RedirectResponse(f"/instructor?{_AFTER_REVOKING}", 303)

    def _student_page(self, visit: Visit, token: str = "", token_for: str = "") -> Response:
        entries = [
            entry for entry in self._store.entries_of_student(visit.student) if entry.assignment in self._assignments
        ]
        counted = set()
        for slug, assignment in self._assignments.items():
            own = [entry for entry in entries if entry.assignment == slug]
            chosen = choose_counted_entry(own, assignment, self._ledgers.deadlines)
            counted.add(chosen.receipt if chosen else None)
        return _page(
            "service_student.html.j2",
            title="Your submissions",
            form_key=self.form_key(visit),
            email=self._emails[visit.student],
            assignments=list(self._assignments.values()),
            due={slug: _due(assignment) for slug, assignment in self._assignments.items()},
            entries=[self._row(entry, entry.receipt in counted) for entry in reversed(entries)],
            refresh=not token and any(entry.status is None for entry in entries),
            notice=_TOKENS_VOID if visit.request.url.query == _AFTER_REVOKING else "",
            token=token,
            token_for=token_for,
            minutes=TOKEN_SECONDS // 60,
            endpoint=self._url + ENDPOINT,
        )

    def _row(self, entry: Entry, counts: bool | None) -> dict[str, Any]:
        assignment = self._assignments[entry.assignment]
        late = self._ledgers.deadlines.lateness(assignment, entry.student, entry.received).is_late
        grade = self._grade(entry)
        more = {
            "points": "" if grade is None or grade.so_far is None else f"{grade.so_far:g} of {grade.max_score:g}",
            "note": grade.note if grade and grade.counts_marks else "",
            "when": _shown(entry, assignment),
            "late": late,
            "title": assignment.title,
        }
        return {**asdict(entry), **more, "counts": counts}

    def _grade(self, entry: Entry) -> Grade | None:
        """The grade of one submission. None while it is not graded."""
        result = self._store.result(entry.receipt) if entry.status is not None else None
        if result is None:
            return None
        folder = self._ledgers.folder / entry.assignment
        return grades_of(self._assignments[entry.assignment], folder, [result], self._roster)[result["student"]]

    def form_key(self, visit: Visit) -> str:
        """The secret that every form of this session contains."""
        return self._tokens.form_key(visit.cookie)

    def _find_assignment(self, slug: str) -> Assignment:
        if slug not in self._assignments:
            raise HTTPException(404)
        return self._assignments[slug]

    def _make_book(self, visit: Visit) -> Book:
        return self._ledgers.book(self._find_assignment(visit.request.path_params["slug"]).slug, self._roster)


def message_page(status: int, title: str, text: str) -> Response:
    """A page with a single message."""
    return HTMLResponse(pages.render("service_message.html.j2", title=title, text=text), status)


def _shown(entry: Entry, assignment: Assignment) -> str:
    """When an entry was received, in the zone of its assignment."""
    return shown_time(datetime.fromtimestamp(entry.received, UTC), assignment.zone)


def _due(assignment: Assignment) -> str:
    """The deadline in the assignment's zone. Empty if there is none."""
    return shown_time(datetime.fromisoformat(assignment.due), assignment.zone) if assignment.due else ""


def _page(name: str, status: int = 200, **values: Any) -> Response:
    return HTMLResponse(pages.render(name, **values), status)


def _with_bar(document: str, bar: str) -> str:
    """A page of the reports with the service's own bar on top."""
    return re.sub(r"<body[^>]*>", lambda body: body[0] + bar, document, count=1)


def _sandboxed_page(text: str) -> Response:
    """A page with text from students. The text is escaped, and the page runs in a CSP sandbox as well."""
    raw = text.encode("utf-8", "backslashreplace")
    return HTMLResponse(raw, headers={"Content-Security-Policy": SANDBOX})


def _first_file(name: str, book: Book) -> str:
    return next(text for _, text in FORMATS[name](book) if isinstance(text, str))


def _download(name: str, raw: bytes) -> Response:
    safe = "".join(c if c.isascii() and (c.isalnum() or c in ".-_") else "_" for c in name)
    return Response(
        raw,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{safe}"'},
    )
