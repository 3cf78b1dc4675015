"""Grades the evidence as submissions are graded. A notebook whose result is kept is not graded again.

Which checks a notebook passes depends on no misconception. Which names it gets depends on the misconceptions that fit
its answers. So each result is kept with what naming asked. After an edit, the edited misconception is asked the same.
If it does not fit, and did not fit before, the result stays. Otherwise the notebook is graded again.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from autograder.assignment import Experiment, Misconception, declared_in
from autograder.grading import Looked, Result, Spec, quiet_and_repeatable
from autograder.proof.kept import Kept
from autograder.proof.mistake_texts import text_of_mistake
from autograder.runs import grade_all
from autograder.sandbox import strictest_isolation
from autograder.submissions import Submission


@dataclass(frozen=True)
class _Graded:
    """A result, and all that its names depend on.

    `looks` has what naming looked at in each part, packed. `fitting` has the texts of the mistakes that fitted there.
    `others` says which mistakes these refer to. `apart` has the texts of the mistakes of these parts that do not fit.
    """

    result: Result
    looks: dict[str, bytes]
    fitting: frozenset[str]
    others: str
    apart: frozenset[str]


def grade_notebooks(
    spec: Spec, notebooks: Mapping[str, bytes], jobs: int, progress: Callable[[str], None], kept: Kept | None = None
) -> list[Result]:
    """The results of these notebooks, in their order, graded as submissions are graded."""
    before = _KeptResults(spec, kept) if kept else None
    results = before.of(notebooks) if before else {}
    for name in results:
        progress(name)
    due = {name: raw for name, raw in notebooks.items() if name not in results}
    with tempfile.TemporaryDirectory() as folder:
        submissions = []
        for name, raw in due.items():
            path = Path(folder, f"{name}.ipynb")
            path.write_bytes(raw)
            submissions.append(Submission(name, path))
        count = min(jobs, max(1, len(due)))
        for result, looks in grade_all(spec, submissions, count, strictest_isolation(), with_looks=bool(before)):
            results[result["student"]] = result
            if before:
                before.keep(result, notebooks[result["student"]], looks)
            progress(result["student"])
    return [results[name] for name in notebooks]


class _KeptResults:
    """The results that are kept, and the misconceptions as they are now."""

    def __init__(self, spec: Spec, kept: Kept) -> None:
        self._spec, self._kept = spec, kept
        assignment = spec.assignment
        self._known = declared_in(assignment.misconceptions, Misconception)
        self._texts = {text_of_mistake(mistake): mistake for mistake in self._known}
        self._experiments = declared_in(assignment.experiments, Experiment) if assignment.experiments else []
        tolerances = [(check.name, cases[0].tolerance if cases else 0) for check, cases in spec.checks_with_cases]
        limits = [assignment.limits, spec.call_limits.seconds, strictest_isolation()]
        self._settings = repr([tolerances, limits, assignment.rubric, assignment.max_score])

    def of(self, notebooks: Mapping[str, bytes]) -> dict[str, Result]:
        """The results of these notebooks that are kept, and that are still those of the misconceptions as they are."""
        found: dict[str, Result] = {}
        with threadpool_limits(1), quiet_and_repeatable():  # as in a worker
            for name, raw in notebooks.items():
                key = self._key(name, raw)
                graded: _Graded | None = self._kept.find(key)
                apart = None if graded is None else self._still_apart(graded)
                if graded is None or apart is None:
                    continue
                found[name] = graded.result
                if not apart <= graded.apart:
                    self._kept.put(key, replace(graded, apart=graded.apart | apart))
        return found

    def keep(self, result: Result, raw: bytes, looks: dict[str, bytes]) -> None:
        """Keep a new result with what its names depend on."""
        said = [check["message"] for part in result["parts"] for check in part["checks"]]
        if result["message"] or any("stopped" in message for message in said):
            return  # a limit was met, and a quicker machine may meet none
        if result["status"] != "graded" or not all(looks.values()):
            return
        named = {name for packed in looks.values() for name in pickle.loads(packed).fitting}
        own = {text for text, mistake in self._texts.items() if mistake.part in looks}
        fitting = frozenset(text for text in own if self._texts[text].name in named)
        graded = _Graded(result, looks, fitting, self._others(fitting, looks), frozenset(own - fitting))
        self._kept.put(self._key(result["student"], raw), graded)

    def _key(self, name: str, raw: bytes) -> str:
        """A key of all that decides which checks a notebook passes. The rubric decides what they earn."""
        return self._kept.key("graded", name, raw, self._settings)

    def _still_apart(self, graded: _Graded) -> frozenset[str] | None:
        """The texts of all mistakes that do not fit a result's answers. None if its names may be others now."""
        if not self._texts.keys() >= graded.fitting or self._others(graded.fitting, graded.looks) != graded.others:
            return None
        own = {text for text, mistake in self._texts.items() if mistake.part in graded.looks} - graded.fitting
        looks: dict[str, Looked] = {}
        for text in own - graded.apart:
            mistake = self._texts[text]
            if mistake.part not in looks:
                looks[mistake.part] = pickle.loads(graded.looks[mistake.part])
            if self._may_fit(mistake, looks[mistake.part]):
                return None
        return frozenset(own)

    def _may_fit(self, mistake: Misconception, looked: Looked) -> bool:
        try:
            return any(self._spec.diagnosis.fits(mistake, looked.part, query) for query in looked.queries)
        except Exception:  # noqa: BLE001 - naming would fail too, and then name nothing
            return True

    def _others(self, fitting: frozenset[str], looks: Mapping[str, bytes]) -> str:
        """What decides how the mistakes with these texts, and those of experiments, are named."""
        own = [self._texts[text] for text in fitting]
        names = {mistake.known_as for mistake in own} | {name for m in own for name in m.may_be_named_as}
        names |= {experiment.name for experiment in self._experiments if experiment.part in looks}
        return repr([(m.name, m.part, m.hint_to_write) for m in self._known if m.name in names])
