"""Runs a course from nothing: two assignments are built, handed out, taken in, graded, marked, changed and exported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, load
from autograder.building import notebook_of
from autograder.marking import MARKS_NAME, Desk
from autograder.runs import latest_results, read_notebook
from tests.course import agree
from tests.course.handing_in import hand_in
from tests.course.people import (
    ANSWERS,
    CODE,
    DUE,
    FREE_DAYS,
    LAST_DAY,
    MADE_FROM,
    QUESTIONS,
    RUBRIC,
    SHARE_PER_DAY,
    groups_of,
    make_class,
)

HERE = Path(__file__).resolve().parents[1]
TITLES = {"line": "A line", "kinds": "Values of many kinds"}
_MODEL = "# ### BEGIN SOLUTION\n# A model answer: minimise the sum of squares.\n# ### END SOLUTION"
# The check as it was before it was mended: its points are so near to zero that it lets a mistake pass, which was not
# known then.
_SHIFT, _OLD_SHIFT = "shift=50.0", "shift=5.0"
_KEPT = '\n[kept]\nline_far_away = "points far from zero"\n'


Run = Callable[[tuple[str, ...], Path, Mapping[str, str]], subprocess.CompletedProcess[str]]


def run_from_nothing(
    arguments: tuple[str, ...], folder: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command of the kit in a folder with these environment variables, as an instructor starts it."""
    command = [sys.executable, "-m", "autograder", *arguments]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


class Course:
    """The course's folder, what is taken in, and the seconds of each step."""

    def __init__(self, folder: Path, count: int, jobs: int, run: Run) -> None:
        self.root, self.inbox, self.out = folder / "course", folder / "in", folder / "out"
        self._run = run
        self.people = make_class(count)
        self.jobs = jobs
        self.seconds: dict[str, float] = {}
        self.said: dict[str, str] = {}

    def step(self, name: str, *words: object) -> str:
        """Run a command of the kit, and return what it prints."""
        with self.timed(name):
            done = self._run(tuple(map(str, words)), self.root, {**os.environ, "TZ": "UTC", "COLUMNS": "160"})
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        self.said[name] = " ".join((done.stdout + done.stderr).split())
        return self.said[name]

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the seconds of a step."""
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 1)

    def assignment(self, slug: str) -> Assignment:
        return load(self.root, slug)


def run_course(folder: Path, count: int, jobs: int, run: Run = run_from_nothing) -> dict[str, Any]:
    """Run the course of so many students, and return its figures. Its `disagreements` have to be none.

    `run` runs a command of the kit.
    """
    course = Course(folder, count, jobs, run)
    write_course(course)
    for slug in CODE:
        course.step(f"build {slug}", "build", slug, "--jobs", jobs, "--quiet")
    hand_in(course.people, course.assignment("line"), course.assignment("kinds"), course.inbox)
    take_in(course)
    for slug in CODE:
        with course.timed(f"mark {slug}"):
            mark(course, slug)
    mend(course)
    return figures(course)


def write_course(course: Course) -> None:
    """Write both assignments: the tests' own, each with a question for people, a deadline and a late policy."""
    late = (
        f"\n[submission]\ndue = {DUE:%Y-%m-%dT%H:%M:%SZ}\n\n[late]\n"
        f"share_per_day = {SHARE_PER_DAY}\nfree_days = {FREE_DAYS}\nlast_day = {LAST_DAY}\n"
    )
    for slug, made_from in MADE_FROM.items():
        source, reference = course.root / "source" / slug, course.root / "reference" / slug
        source.mkdir(parents=True)
        shutil.copytree(HERE / made_from, reference, ignore=shutil.ignore_patterns("*.toml", "notebook.py", "__pyc*"))
        (reference / "__init__.py").touch()
        policy = (HERE / made_from / "assignment.toml").read_text(encoding="utf-8")
        (source / "assignment.toml").write_text(policy + late + (_KEPT if slug == "line" else ""), encoding="utf-8")
        name, points = QUESTIONS[slug]
        cells = (HERE / made_from / "notebook.py").read_text(encoding="utf-8")
        cells += f"\n\n# %% [markdown]\n# ## A question for a person\n\n# %% [markdown] {name} {points:g}\n{_MODEL}\n"
        (source / f"{slug}.ipynb").write_text(json.dumps(notebook_of(cells)), encoding="utf-8")
    (course.root / "reference" / "__init__.py").touch()  # so that no other folder of this name is found first
    reference = course.root / "reference" / "line"
    cases, mistakes = reference / "cases.py", reference / "misconceptions.py"
    cases.write_text(cases.read_text(encoding="utf-8").replace(_SHIFT, _OLD_SHIFT), encoding="utf-8")
    known = mistakes.read_text(encoding="utf-8")
    mistakes.write_text(known[: known.rindex("@misconception")], encoding="utf-8")


def grade(course: Course, name: str, slug: str, what: str, out: str, roster: str, *more: object) -> str:
    words = ["grade", slug, course.inbox / what, "--out", course.out / out, "--roster", course.inbox / roster]
    return course.step(name, *words, "--jobs", course.jobs, "--isolation", "process", *more)


def take_in(course: Course) -> None:
    """Grade the exports. The first assignment is taken in twice, so that both ways can be compared."""
    extensions = ("--extensions", course.inbox / "extensions.csv")
    grade(course, "grade line from Canvas", "line", "canvas.zip", "line_canvas", "line/canvas.csv")
    grade(course, "grade line from nbgrader", "line", "nbgrader/submitted", "line", "roster.csv", *extensions)
    groups = ("--groups", course.inbox / "groups.csv")
    grade(
        *(course, "grade kinds from Brightspace", "kinds", "brightspace.zip", "kinds", "kinds/brightspace.csv"),
        *(*extensions, *groups),
    )


def mark(course: Course, slug: str) -> None:
    """Two people mark the question of an assignment in turns. The first corrects the points of an item later."""
    folder, (question, points) = course.out / slug, QUESTIONS[slug]
    desk = Desk(
        course.assignment(slug),
        folder,
        lambda: list(latest_results(folder / "results.jsonl").values()),
        lambda result: read_notebook(folder, result),  # type: ignore[arg-type]
        lambda _: "the notebook is not there.",
    )
    items = {}
    for answer, share in ANSWERS.items():
        if share < 1:
            (line,) = desk.item("Marker One", question, "", -0.1, f"{1 - share:.0%} is missing")
            items[answer] = line.item  # type: ignore[union-attr]
    work_of = {person.login: person.work.get(slug) for person in course.people}
    leader = {m: members[0] for members in groups_of(course.people).values() for m in members if slug == "kinds"}
    for number, (key, sheet) in enumerate(list(desk.sheets(question).items())):
        marker = ("Marker One", "Marker Two")[number % 2]
        work = work_of[leader.get(sheet.student, sheet.student)]
        if work is None or work.is_broken:
            continue
        if work.answer in items:
            desk.give(marker, question, key, items[work.answer], True)
        else:
            desk.done(marker, question, key)
    for answer, item in items.items():  # everybody who has the item gets its new points
        desk.item("Marker One", question, item, -round((1 - ANSWERS[answer]) * points, 6), "this is missing")


def mend(course: Course) -> None:
    """Mend the check that let a mistake pass and grade again, then let a small mistake keep half of its points."""
    reference = course.root / "reference" / "line"
    for name in ("cases.py", "misconceptions.py"):
        shutil.copyfile(HERE / MADE_FROM["line"] / name, reference / name)
    policy = course.root / "source" / "line" / "assignment.toml"
    policy.write_text(policy.read_text(encoding="utf-8").replace(_KEPT, ""), encoding="utf-8")
    course.step("build line, mended", "build", "line", "--jobs", course.jobs, "--quiet")
    grade(course, "grade line again, from Canvas", "line", "canvas.zip", "line_canvas", "line/canvas.csv")
    grade(course, "grade line again, from nbgrader", "line", "nbgrader/submitted", "line", "roster.csv")
    policy = course.root / "source" / "kinds" / "assignment.toml"
    lines = "".join(
        f'\n[rubric.{name}]\nkeeps = {keeps}\nwhy = "the idea is right"\n' for name, keeps in RUBRIC.items()
    )
    policy.write_text(policy.read_text(encoding="utf-8") + lines, encoding="utf-8")
    course.step("rescore kinds", "rescore", course.out / "kinds")


def figures(course: Course) -> dict[str, Any]:
    """Export everything, compare all numbers, and return what was done and found."""
    found: dict[str, Any] = {"students": len(course.people)}
    wrong: list[str] = []
    numbers = 0
    for slug, title in TITLES.items():
        folder, inbox = course.out / slug, course.inbox / slug
        formats = [
            word for name in ("csv", "feedback", "html", "gradescope", "junit", "github") for word in ("--format", name)
        ]
        course.step(f"report {slug}", "report", folder, "--roster", course.inbox / "roster.csv", *formats)
        for platform in ("canvas", "moodle", "brightspace", "blackboard"):
            words = ("report", folder, "--roster", inbox / f"{platform}.csv", "--format", platform)
            course.step(f"export {slug} to {platform}", *words)
        expected = agree.expected_scores(course.people, slug)
        places = agree.numbers_in(folder, course.people, slug, title)
        broken = {person.login for person in course.people if (w := person.work.get(slug)) and w.is_broken}
        wrong += [f"{slug}: {line}" for line in agree.disagreements(expected, places, {"feedback pages": broken})]
        numbers += sum(map(len, places.values()))
        results = latest_results(folder / "results.jsonl")
        found[slug] = {
            "submissions": len(results),
            "places compared": sorted(places),
            "late": len(set(re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)(?=[^\n]*days? late)', _page(folder)))),
        }
    changed = {
        "changed by the mended check": len(
            re.findall("the checks changed", course.said["grade line again, from nbgrader"])
        ),
        "changed by the rubric": int(re.findall(r"changed the score of (\d+)", course.said["rescore kinds"])[0]),
    }
    due = {
        "changed by the mended check": agree.students_who_wrote(course.people, "line", "centred_points"),
        "changed by the rubric": agree.students_who_wrote(course.people, "kinds", "counts_of_words"),
    }
    wrong += [
        f"{what}: {changed[what]} scores, but {due[what]} are right" for what in due if changed[what] != due[what]
    ]
    both = [latest_results(course.out / name / "results.jsonl") for name in ("line", "line_canvas")]
    wrong += [
        f"line: {login} has {one.score:g} from nbgrader's folder and {both[1][login].score:g} from Canvas' export"
        for login, one in both[0].items()
        if one.score != both[1][login].score
    ]
    return found | {
        **changed,
        "marked by": {slug: _markers(course.out / slug) for slug in CODE},
        "numbers compared": numbers,
        "disagreements": wrong,
        "seconds": course.seconds,
        "seconds in all": round(sum(course.seconds.values()), 1),
    }


def _markers(folder: Path) -> dict[str, int]:
    """How many answers each person marked."""
    lines = [json.loads(line) for line in (folder / MARKS_NAME).read_text(encoding="utf-8").splitlines()]
    return dict(Counter(line["marker"] for line in lines if line["kind"] in ("give", "done")))


def _page(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")
