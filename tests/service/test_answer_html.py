"""What students wrote is shown, and nothing in it is alive."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.marking import Answer, AnswerCell
from autograder.service.answer_html import answer_html, markdown_html

PNG = "iVBORw0KGgo="
PIECES = [
    *("<", ">", '"', "'", "<script>", "</script>", "<img src=", "onerror=alert(1)", "<svg", "onload=x", "`", "$", "$$"),
    *("![", "](", ")", "javascript:", "data:text/html,", "attachment:a.png", "<a href=", "<style>", "\\begin{align}"),
    *(
        "\\end{align}",
        "<div class=",
        "style=",
        "&lt;",
        "&#x3c;",
        "\n",
        "\n\n",
        "text",
        "<!--",
        "-->",
        "<math>",
        "\ud800",
    ),
]
ALLOWED = re.compile(
    r"""</?(p|br|hr|em|strong|del|s|u|sub|sup|code|pre|blockquote|ul|ol|li|h[1-6]|b|i)>
    |</?(details|summary|table|thead|tbody|tr|th|td)>
    |<(span|div)(\ class="math\ (inline|display)")?>|</(span|div)>|<ol\ start="\d*">|<details\ open="[^"]*">
    |<img(\ alt="[^"]*")?(\ src="data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*")?(\ alt="[^"]*")?>""",
    re.VERBOSE,
)


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_no_text_makes_an_element_or_attribute_that_is_not_allowed(text: str) -> None:
    found = markdown_html(text, {"a.png": {"image/png": PNG, "image/svg+xml": "PHN2Zz4="}})
    rest = ALLOWED.sub("", found)
    assert "<" not in rest


def test_formulas_reach_mathjax_as_they_were_typed() -> None:
    found = markdown_html(
        "Let $a_1 * b_1 < c$ and *so* on.\n\n$$\nx_1 *y* z\n$$\n\n\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}\n\n"
        "Also \\\\(d_1\\\\) and $$e_1$$ here."
    )
    assert '<span class="math inline">a_1 * b_1 &lt; c</span> and <em>so</em>' in found
    assert re.search(r'<div class="math display">\s*x_1 \*y\* z\s*</div>', found)
    assert "a &amp;= b \\\\\nc &amp;= d" in found
    assert '<span class="math inline">d_1</span>' in found
    assert '<span class="math display">e_1</span>' in found


@pytest.mark.parametrize(
    "text", ["![a photo](attachment:my%20photo.png)", '<img src="attachment:my photo.png" alt="a photo">']
)
def test_an_attached_photo_is_shown(text: str) -> None:
    assert f"data:image/png;base64,{PNG}" in markdown_html(text, {"my photo.png": {"image/png": PNG}})


def test_a_picture_in_the_text_is_shown_whole_however_long() -> None:
    long = "A" * 400_000
    found = answer_html(Answer("answered", (AnswerCell(False, f"See ![](data:image/png;base64,{long}).", {}),)))
    assert f'src="data:image/png;base64,{long}"' in found


@pytest.mark.parametrize(
    "source",
    ["https://example.org/a.png", "//example.org/a.png", "a.png", "attachment:x"],
)
def test_a_picture_from_elsewhere_is_named_and_not_fetched(source: str) -> None:
    found = markdown_html(f"![my *graph*]({source})")
    assert "<img" not in found
    assert "a picture that is not in the notebook" in found
    assert "my" in found


@pytest.mark.parametrize(
    "piece", ["[", "![", "$a ", "> ", "`", "<a ", "|a", "\\\\(", "\\begin{align}\n", "_a_ ", "<div>", "**a", "- ", "{"]
)
def test_a_huge_answer_of_one_piece_is_cut(piece: str) -> None:
    found = answer_html(Answer("answered", (AnswerCell(False, piece * (1_000_000 // len(piece)), {}),)))
    assert "letters are shown" in found  # without the cut some of these would take hours
