"""Measures what opening a page costs its thread in Chromium: `python -m tests.reports.opening demo/report.html`.

Without a page, it makes and opens the report of 1,000 students. No test checks seconds: they depend on the machine.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from autograder.assignment import load
from autograder.grading import load_spec
from autograder.reports import Book, write_format
from tests.reports.conftest import full_marks, with_failure

TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def report_of(count: int, folder: Path) -> Path:
    """Write the report of `count` students, each with a few failed checks, and return its path."""
    course = load(Path(__file__).resolve().parents[2], "em_gmm")
    spec, draw = load_spec(course), random.Random(0)
    results = []
    for number in range(count):
        result = {**full_marks(spec, f"student-{number:04}")}
        for check, _ in draw.sample(spec.checks_with_cases, draw.randrange(8)):
            result = with_failure(result, check.name, "With a case: off by 1.", "Divide by N_c.", "mu_unnormalised")
        results.append(result)
    return write_format(Book(course, folder, tuple(results)), "html")[0]


def main(page: Path) -> None:
    """Open the page five times and print the figures of each opening."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(5):
            tab = browser.new_page(viewport={"width": 1280, "height": 900})
            measure = tab.context.new_cdp_session(tab)
            measure.send("Performance.enable", {"timeDomain": "threadTicks"})
            tab.goto(page.resolve().as_uri())
            tab.evaluate(TWO_FRAMES)
            found = {metric["name"]: metric["value"] for metric in measure.send("Performance.getMetrics")["metrics"]}
            print(", ".join(f"{name} {found[name]:.6g}" for name in ("TaskDuration", "Nodes", "LayoutObjects")))
            tab.close()
        browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(sys.argv[1]) if sys.argv[1:] else report_of(1000, Path(folder)))
