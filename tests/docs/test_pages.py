"""What all pages have in common: links and paths that lead somewhere, blocks of a known kind, a place on the site."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from autograder.assignment import Alternative, declared_in, known_mistakes, load
from tests.docs.pages import FENCED, PAGES, ROOT, blocks

KINDS = {"console", "text", "python", "toml", "diff", "yaml"}
SITE = {"{toctree}", "{include}"}
# Folders of the repository that a path in the text may begin with. `source/line/…` and such are of a reader's course.
PATH = re.compile(
    r"`((?:\.ci|\.github|autograder|data/em_gmm|docs|grader|reference/em_gmm|release/em_gmm|tests)/[\w./-]+)`"
)
MADE_LATER = {"docs/_build/"}
page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


def words_of(page: Path) -> str:
    """The page without its blocks."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.*)$", words_of(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@page
def test_each_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    for target, place in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", words_of(page)):
        file = page.parent / target if target else page
        assert file.is_file(), target
        assert not place or place in anchors(file), f"{target}#{place}"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_a_link_between_pages_says_what_a_reader_finds_there(page: Path) -> None:
    assert re.findall(r"\[[\w/-]+\.md\]\(", words_of(page)) == []


@pytest.mark.parametrize("page", [path for path in PAGES if path.name != "CHANGELOG.md"], ids=lambda path: path.name)
def test_each_path_of_the_repository_that_the_text_names_exists(page: Path) -> None:
    named = {path for path in PATH.findall(words_of(page)) if not re.search(r"/v\d+$", path)} - MADE_LATER  # a schema
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@page
def test_each_block_says_its_kind_and_only_console_blocks_have_prompts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = blocks(text)
    assert text.count("\n```") == 2 * len(found)  # no block within another, none without an end
    assert {kind for kind, _, _ in found} <= KINDS | SITE
    assert [block for kind, _, block in found if kind != "console" and re.search(r"(?m)^\$ ", block)] == []
    assert re.findall(r"\n\n    .*", FENCED.sub("", text)) == []  # an indented block, whose kind nobody knows


def test_each_page_has_one_place_on_the_site() -> None:
    """A new page needs a line in a table of contents, such as that of docs/how-to.md."""
    listed = []
    for path in (ROOT / "docs").glob("*.md"):
        for kind, _, block in blocks(path.read_text(encoding="utf-8")):
            listed += re.findall(r"(?m)^[\w-]+$", block) if kind == "{toctree}" else []
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "docs").glob("*.md") if path.stem != "index")


def test_the_readme_fits_on_a_screen_for_each_reader() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 90


def test_the_numbers_of_the_proof_are_those_that_prove_wrote() -> None:
    trust = json.loads((ROOT / "data/em_gmm/trust.json").read_text(encoding="utf-8"))
    right, wrong = trust["right"], sum(part["mistakes"] for part in trust["parts"])
    pages = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/instructors.md")}
    assert f"proven with {right} right solutions and {wrong} mistakes" in pages["docs/instructors.md"]
    single = len(declared_in(load(ROOT, "em_gmm").alternatives, Alternative))
    assert f"{single} right solutions and {wrong} wrong ones" in pages["README.md"]
    for_hmm = load(ROOT, "hmm")
    right_for_hmm, wrong_for_hmm = (
        declared_in(for_hmm.alternatives, Alternative),
        known_mistakes(for_hmm.misconceptions),
    )
    counted = f"{len(right_for_hmm)} right solutions and {len(wrong_for_hmm)} wrong ones"
    assert counted in pages["README.md"].replace("\n", " ")
    assert f"The {right} right solutions are notebooks: the source notebook, {single} " in pages["docs/instructors.md"]
    rows = re.findall(r"(?m)^\| (Task .*?) \| (\d+) \| ([\d.]+)% \| (\d+) \| (\d+) \|$", page_on_trust())
    assert len(rows) == len(trust["parts"])
    for part, row in zip(trust["parts"], rows, strict=True):
        of_part = [check for check in trust["checks"] if check["part"] == part["id"]]
        # "Each number stands for each check of the part."
        assert {(str(check["right"]), f"{100 * check['docks_at_most']:.1f}") for check in of_part} == {(row[1], row[2])}
        assert (row[0], row[3], row[4]) == (part["title"], str(part["mistakes"]), str(len(part["uncaught"])))


def page_on_trust() -> str:
    return (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")


def test_the_page_on_installing_has_each_extra() -> None:
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    named = re.findall(r"(?m)^\| `\[(\w+)\]` \|", page)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(named) == sorted(project["optional-dependencies"])
