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
    catalogue = _Catalogue(spec)
    results = {} if kept is None else _kept_results(spec, notebooks, catalogue, kept)
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
        for result, looks in grade_all(spec, submissions, count, strictest_isolation(), with_looks=True):
            name = result["student"]
            results[name] = result
            if kept is not None and result["status"] == "graded" and all(looks.values()) and not _met_a_limit(result):
                kept.put(_key(spec, name, notebooks[name], kept), catalogue.graded(result, looks))
            progress(name)
    return [results[name] for name in notebooks]


def _met_a_limit(result: Result) -> bool:
    """Whether a limit was met. A quicker machine may meet none."""
    said = [check["message"] for part in result["parts"] for check in part["checks"]]
    return bool(result["message"]) or any("stopped" in message for message in said)


def _kept_results(spec: Spec, notebooks: Mapping[str, bytes], catalogue: _Catalogue, kept: Kept) -> dict[str, Result]:
    """The kept results that are still those of the misconceptions as they are now."""
    found: dict[str, Result] = {}
    with threadpool_limits(1), quiet_and_repeatable():  # as in a worker
        for name, raw in notebooks.items():
            key = _key(spec, name, raw, kept)
            graded: _Graded | None = kept.find(key)
            apart = None if graded is None else catalogue.still_apart(graded)
            if graded is None or apart is None:
                continue
            found[name] = graded.result
            if not apart <= graded.apart:
                kept.put(key, replace(graded, apart=graded.apart | apart))
    return found


def _key(spec: Spec, name: str, raw: bytes, kept: Kept) -> str:
    """A key of all that decides which checks a notebook passes. The rubric decides what they earn."""
    assignment = spec.assignment
    tolerances = [(check.name, cases[0].tolerance if cases else 0) for check, cases in spec.checks_with_cases]
    settings = [assignment.limits, spec.call_limits.seconds, assignment.rubric, strictest_isolation()]
    return kept.key("graded", name, raw, tolerances, settings, assignment.max_score)


class _Catalogue:
    """The misconceptions as they are now."""

    def __init__(self, spec: Spec) -> None:
        assignment = self._assignment = spec.assignment
        self._diagnosis = spec.diagnosis
        self._known = declared_in(assignment.misconceptions, Misconception)
        self._texts = {text_of_mistake(mistake): mistake for mistake in self._known}
        self._experiments = declared_in(assignment.experiments, Experiment) if assignment.experiments else []

    def graded(self, result: Result, looks: dict[str, bytes]) -> _Graded:
        """A new result with what its names depend on."""
        named = {name for packed in looks.values() for name in pickle.loads(packed).fitting}
        fitting = {text for text, mistake in self._texts.items() if mistake.name in named and mistake.part in looks}
        apart = {text for text, mistake in self._texts.items() if mistake.part in looks} - fitting
        return _Graded(result, looks, frozenset(fitting), self._others(fitting, looks), frozenset(apart))

    def still_apart(self, graded: _Graded) -> frozenset[str] | None:
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
            return any(self._diagnosis.fits(mistake, looked.part, query) for query in looked.queries)
        except Exception:  # noqa: BLE001 - naming would fail too, and then name nothing
            return True

    def _others(self, fitting: set[str] | frozenset[str], looks: Mapping[str, bytes]) -> str:
        """What decides how the mistakes with these texts, and those of experiments, are named."""
        own = [self._texts[text] for text in fitting]
        names = {mistake.known_as for mistake in own} | {name for m in own for name in m.may_be_named_as}
        names |= {experiment.name for experiment in self._experiments if experiment.part in looks}
        return repr([(m.name, m.part, m.hint_to_write) for m in self._known if m.name in names])
