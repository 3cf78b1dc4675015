"""docs/your-own-assignment.md, run from top to bottom in an empty folder: its files, its commands and their output."""

from tests.building.line_course import ROOT, environment
from tests.docs.pages import blocks, follow, shell

PAGE = (ROOT / "docs" / "your-own-assignment.md").read_text(encoding="utf-8")


def test_a_reader_who_does_what_the_page_says_sees_what_the_page_shows(tmp_path_factory):
    folder, programs = tmp_path_factory.mktemp("afternoon"), tmp_path_factory.mktemp("bin")
    ignored = [text for kind, before, text in blocks(PAGE) if kind != "console" and not before.endswith("`:")]
    assert [text.splitlines()[-1] for text in ignored] == [
        "pip install 'em_autograder-VERSION-py3-none-any.whl[author]'"
    ]
    follow(PAGE, folder, shell(folder, programs, environment(), warm=True))
