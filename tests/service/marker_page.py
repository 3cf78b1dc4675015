"""A running server of marking pages, and the browser page of a marker, for the tests of marking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.marking import MARKS_NAME


class Desk:
    """A running server of marking pages."""

    def __init__(self, link: str, folder: Path) -> None:
        self.link = link
        self.folder = folder
        self.url = link.split("/instruct/", maxsplit=1)[0]

    def marks(self) -> list[dict[str, Any]]:
        path = self.folder / MARKS_NAME
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Marker:
    """A browser page of one marker. It records what must not happen: errors, dialogs and foreign requests."""

    def __init__(self, page: Any, desk: Desk, question: str = "derive_mu", name: str = "") -> None:
        self.page = page
        self.desk = desk
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: (self.faults.append("a dialog"), dialog.dismiss()))
        page.on("request", lambda request: self._see(request.url))
        page.goto(desk.link)
        page.goto(f"{desk.url}/instructor/em_gmm/mark/{question}")
        self.ready()
        if name:
            page.fill("#marker", name)
            page.keyboard.press("Escape")

    def _see(self, url: str) -> None:
        if not url.startswith((self.desk.url, "data:image/")):
            self.faults.append(url)

    def ready(self) -> None:
        """Wait until the answer in sight and its formulas are drawn."""
        self.page.wait_for_function(
            "() => location.hash && document.getElementById('answer').dataset.ready?.startsWith(location.hash.slice(1))"
        )

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def said(self, text: str) -> None:
        self.page.wait_for_function("text => document.getElementById('said').textContent.includes(text)", arg=text)

    def sees(self, selector: str, text: str) -> None:
        self.page.wait_for_function(
            "([s, t]) => document.querySelector(s)?.textContent.includes(t)", arg=[selector, text]
        )

    def add(self, points: str, text: str) -> None:
        self.press("a")
        self.page.fill("#edit-points", points)
        self.page.fill("#edit-text", text)
        self.page.get_by_role("button", name="Save").click()
        self.said("Saved.")

    def student(self) -> str:
        return str(self.page.locator("#place").text_content()).rsplit(": ", maxsplit=1)[-1]

    def show(self, student: str) -> None:
        self.page.evaluate(
            """async (name) => {
                const state = await (await fetch(document.body.dataset.base + "/state")).json();
                location.hash = state.rows.find((row) => row.name === name).key;
            }""",
            student,
        )
        self.page.wait_for_function("name => document.getElementById('place').textContent.endsWith(name)", arg=student)
        self.ready()
