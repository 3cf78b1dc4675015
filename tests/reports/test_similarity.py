"""Copies are found and independent work is not, measured on the kit's alternatives."""

from __future__ import annotations

import ast
import builtins
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.assignment import (
    Alternative,
    Assignment,
    code_to_run,
    declared_in,
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    with_solutions,
)
from autograder.building import make_class
from autograder.reports import similarity
from autograder.runs import fingerprints as keeping


@pytest.fixture(scope="module")
def written(assignment: Assignment) -> dict[str, list[str]]:
    """The code of every correct solution, by function."""
    by_function: dict[str, list[str]] = {}
    for found in declared_in(assignment.alternatives, Alternative):
        by_function.setdefault(found.solves, []).append(source_of(found.function, found.solves))
    return by_function


def nth(written: dict[str, list[str]], number: int) -> dict[str, str]:
    return {name: codes[number] for name, codes in written.items()}


@pytest.fixture(scope="module")
def given(assignment: Assignment) -> frozenset[str]:
    return keeping.given_lines(assignment)


def cells(assignment: Assignment, functions: dict[str, str]) -> list[str]:
    chosen = {assignment.cell_of(name): code for name, code in functions.items()}
    notebook = with_solutions(source_notebook(assignment), chosen)
    return code_to_run(notebook_to_bytes(notebook), assignment)


class Renamed(ast.NodeTransformer):
    """Replaces every name that the student chose."""

    def __init__(self, kept: set[str]) -> None:
        self.kept, self.names = kept | set(dir(builtins)), dict[str, str]()

    def _new(self, name: str) -> str:
        return name if name in self.kept else self.names.setdefault(name, f"mine{len(self.names)}")

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._new(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self._new(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._new(node.name)
        return self.generic_visit(node)


def disguised(code: str, functions: set[str]) -> str:
    """The same code with other names, order of functions, layout and comments."""
    body = Renamed(functions).visit(ast.parse(code)).body
    turned = [node for node in body if isinstance(node, ast.FunctionDef)][::-1]
    body = [turned.pop(0) if isinstance(node, ast.FunctionDef) else node for node in body]
    return "# all mine\n" + ast.unparse(ast.Module(body, [])).replace("\n", "  # and this\n")


@pytest.fixture(scope="module")
def independent(assignment: Assignment, written: dict[str, list[str]], given: frozenset[str]) -> dict[str, list[int]]:
    """The largest class that the alternatives allow in which no two students have a function in common."""
    count = min(map(len, written.values()))
    return {
        f"s{number}": keeping.fingerprints(cells(assignment, nth(written, number)), given) for number in range(count)
    }


def classes(
    assignment: Assignment, written: dict[str, list[str]], given: frozenset[str]
) -> Iterator[dict[str, list[int]]]:
    """Classes in which no two students have a function in common, except `copy`, a disguised copy of `s0`."""
    for seed in range(8):
        draw = random.Random(seed)
        turns = {name: draw.sample(codes, min(map(len, written.values()))) for name, codes in written.items()}
        work = {f"s{i}": {name: codes[i] for name, codes in turns.items()} for i in range(len(turns["M_step"]))}
        work["copy"] = {name: disguised(code, set(written)) for name, code in work["s0"].items()}
        yield {
            student: keeping.fingerprints(cells(assignment, functions), given) for student, functions in work.items()
        }


def test_the_threshold_lies_between_independent_work_and_copies(
    assignment: Assignment, written: dict[str, list[str]], given: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    threshold = similarity.SHARE
    monkeypatch.setattr(similarity, "SHARE", 0)
    monkeypatch.setattr(similarity, "LEAST", 0)
    independent, copied = [], []
    for students in classes(assignment, written, given):
        pairs = similarity.pairs_among(students)
        assert len(pairs) > len(students)
        copied += [pair.share for pair in pairs if (pair.one, pair.other) == ("copy", "s0")]
        independent += [pair.share for pair in pairs if (pair.one, pair.other) != ("copy", "s0")]
        two = similarity.pairs_among({student: students[student] for student in ("s1", "s2")})
        independent += [pair.share for pair in two]  # nothing is rare in a class of two
    assert len(copied) == 8
    assert max(independent) + 0.1 < threshold < min(copied) - 0.1


def test_a_disguised_copy_is_found_among_independent_work(
    assignment: Assignment, written: dict[str, list[str]], given: frozenset[str]
) -> None:
    students = next(classes(assignment, written, given))
    assert [(pair.one, pair.other) for pair in similarity.pairs_among(students)] == [("copy", "s0")]
    del students["copy"]
    assert similarity.pairs_among(students) == []


def test_the_demos_class_shows_its_one_copy(assignment: Assignment, given: frozenset[str], tmp_path: Path) -> None:
    described = make_class(assignment, tmp_path)
    (copier,) = [student for student, what in described.items() if "copied from" in what]
    students = {path.stem: path.read_bytes() for path in tmp_path.glob("*.ipynb") if path.stem != "yew"}
    marks = {name: keeping.fingerprints(code_to_run(raw, assignment), given) for name, raw in students.items()}
    (pair,) = similarity.pairs_among(marks)
    assert copier in (pair.one, pair.other)
    mistakes = Counter(what.rsplit(": ", maxsplit=1)[-1] for what in described.values() if what.startswith("mistake"))
    assert sorted(mistakes.values(), reverse=True)[:5] == [3, 2, 2, 2, 2]


@pytest.mark.parametrize("count", [2, 6, 11])
def test_a_copy_is_found_however_many_students_hand_it_in(count: int, independent: dict[str, list[int]]) -> None:
    ring = {f"ring{i}": independent["s0"] for i in range(count)}
    found = similarity.pairs_among({**ring, **{student: independent[student] for student in ("s1", "s2", "s3", "s4")}})
    assert len(found) == count * (count - 1) // 2
    assert {pair.one for pair in found} | {pair.other for pair in found} == set(ring)


def test_code_that_two_students_share_counts_more_than_code_that_many_share() -> None:
    common, secret = range(40), range(100, 140)
    own = {f"s{i}": range(1000 * i, 1000 * i + 20) for i in range(1, 13)}
    students = {name: [*marks, *(secret if name in ("s3", "s7") else common)] for name, marks in own.items()}
    assert [(pair.one, pair.other, pair.shared) for pair in similarity.pairs_among(students)] == [("s3", "s7", 40)]


def test_the_order_of_the_cells_does_not_hide_a_copy(
    assignment: Assignment, written: dict[str, list[str]], given: frozenset[str], independent: dict[str, list[int]]
) -> None:
    turned = cells(assignment, nth(written, 2))[::-1]
    found = similarity.pairs_among({**independent, "copy": keeping.fingerprints(turned, given)})
    assert [(pair.one, pair.other) for pair in found] == [("copy", "s2")]


def test_code_of_the_release_does_not_count(assignment: Assignment, given: frozenset[str]) -> None:
    release = release_notebook(assignment)
    code = [cell["source"] for cell in release["cells"] if cell["cell_type"] == "code"]
    assert keeping.fingerprints(["".join(source) for source in code], given) == []


def test_code_that_most_of_the_class_shares_does_not_count(independent: dict[str, list[int]]) -> None:
    common = list(range(100))
    assert similarity.pairs_among({student: [*marks, *common] for student, marks in independent.items()}) == []


# A reader that searches for the end of a string from every quote would take hours for some of these.
@pytest.mark.parametrize("quotes", ["\\'", '\\"', "'", '"', "'\n\\", ". "])
def test_fingerprints_of_unclosed_strings_are_quick(quotes: str) -> None:
    assert isinstance(keeping.fingerprints(["x = '" + quotes * 60_000], frozenset()), list)


@pytest.mark.parametrize("code", ["", "'''never ends", "\x00\ud800 def (", "x" * 500_000, "((((" * 10_000])
def test_any_text_has_fingerprints(code: str) -> None:
    assert isinstance(keeping.fingerprints([code], frozenset()), list)


def pair(one: str, other: str, share: float, year: str = "") -> similarity.Pair:
    return similarity.Pair(one, other, share, 100, year)


def test_students_connected_through_pairs_are_one_cluster() -> None:
    pairs = [pair("ash", "oak", 0.9), pair("oak", "yew", 0.6), pair("ash", "yew", 0.7), pair("elm", "fir", 1.0)]
    first, second = similarity.clusters_of(pairs)
    assert [student for _, student in first.members] == ["ash", "oak", "yew"]
    assert first.closest == (pairs[0], pairs[2])  # the pair of 0.6 is not needed to connect the three
    assert [student for _, student in second.members] == ["elm", "fir"]
    assert similarity.clusters_of([]) == []


def test_each_member_of_a_ring_is_in_its_one_cluster(independent: dict[str, list[int]]) -> None:
    ring = {f"ring{i}": independent["s0"] for i in range(11)}
    (cluster,) = similarity.clusters_of(similarity.pairs_among({**ring, "s1": independent["s1"]}))
    assert {student for _, student in cluster.members} == set(ring)
    assert len(cluster.closest) == 10


def test_a_copy_from_an_earlier_year_is_found_and_earlier_years_are_no_pairs_among_themselves(
    independent: dict[str, list[int]],
) -> None:
    now = {"ash": independent["s0"], "oak": independent["s1"]}
    past = {"2025": {"ash": independent["s2"], "yew": independent["s0"], "elm": independent["s0"]}}
    found = similarity.pairs_among(now, past)
    assert [(p.one, p.other, p.year) for p in found] == [("ash", "elm", "2025"), ("ash", "yew", "2025")]
    (cluster,) = similarity.clusters_of(found)
    assert cluster.members == (("", "ash"), ("2025", "elm"), ("2025", "yew"))
    assert similarity.pairs_among(now, {"2025": {"fir": independent["s3"]}}) == []
