"""Turns the Markdown of a notebook into HTML that cannot do anything: text that students wrote is hostile.

The HTML has formulas as elements with the class `math`, which the page's script hands to MathJax, and only pictures
that are in the notebook itself.
"""

from __future__ import annotations

import base64
import binascii
import functools
import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from autograder.marking import Answer

MOST_LETTERS = 30_000  # shown of one cell, without its pictures; rendering takes a second at worst
_MOST_PICTURE = 16 << 20  # letters of a picture's base64
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
# Parsed as a formula by Markdown, so that it is taken out before anything else: as in Jupyter.
_BRACKETS = re.compile(r"\\\\\((.{1,2000}?)\\\\\)|\\\\\[(.{1,2000}?)\\\\\]", re.DOTALL)
_TAGS = {
    *("p", "br", "hr", "em", "strong", "del", "s", "u", "sub", "sup", "code", "pre", "blockquote", "span", "div"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "img", "b", "i", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"img": {"src", "alt"}, "span": {"class"}, "div": {"class"}, "ol": {"start"}, "details": {"open"}}
# A picture in the text itself, as Colab writes it.
_IN_TEXT = re.compile(rf"data:({'|'.join(_PICTURES)});base64,([A-Za-z0-9+/]+=*)")
_LEFT_OUT = "[a picture that is not in the notebook]"


def answer_html(answer: Answer) -> str:
    """Return the HTML of an answer."""
    parts = []
    for cell in answer.cells:
        text, pictures = _without_pictures(cell.text)
        shown = text[:MOST_LETTERS]
        if cell.is_code:
            parts.append(f"<pre><code>{html.escape(shown)}</code></pre>")
        else:
            parts.append(markdown_html(shown, {**cell.attachments, **pictures}))
        if len(text) > MOST_LETTERS:
            parts.append(f"<p><em>Only the first {MOST_LETTERS:,} of {len(text):,} letters are shown.</em></p>")
    return "\n".join(parts)


def markdown_html(text: str, attachments: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """Return the HTML of Markdown. `attachments` are the cell's pictures, by name and media type."""
    # Half a character, which JSON can hold, has no UTF-8 that the cleaner could read.
    plain = _BRACKETS.sub(_as_dollars, text).encode("utf-8", "replace").decode()
    try:
        rendered = _markdown().render(plain, {"attachments": attachments or {}})
    except RecursionError:
        rendered = f"<pre>{html.escape(plain)}</pre>"
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=functools.partial(_kept_attribute, attachments or {}),
        url_schemes={"data", "attachment"},
        link_rel=None,
    )


def _without_pictures(text: str) -> tuple[str, dict[str, dict[str, str]]]:
    """The text with each picture in it as an attachment, and these attachments. A picture has a million letters."""
    pictures: dict[str, dict[str, str]] = {}

    def taken_out(found: re.Match[str]) -> str:
        name = f"in-text-{len(pictures)}"
        pictures[name] = {found[1]: found[2]}
        return f"attachment:{name}"

    return _IN_TEXT.sub(taken_out, text), pictures


def _as_dollars(found: re.Match[str]) -> str:
    return f"${found[1].strip()}$" if found[1] is not None else f"$$\n{found[2].strip()}\n$$"


@functools.cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).enable(["table", "strikethrough"])
    markdown.use(dollarmath_plugin, allow_labels=False, double_inline=True, renderer=_tex)
    markdown.use(amsmath_plugin, renderer=lambda tex: _tex(tex, {"display_mode": True}))
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("amsmath", _display)
    markdown.add_render_rule("math_inline_double", _display_in_line)
    markdown.add_render_rule("math_block", _display)
    return markdown


def _tex(tex: str, options: Mapping[str, Any]) -> str:
    return html.escape(tex)


def _display(renderer: RendererHTML, tokens: Any, index: int, options: Any, env: Any) -> str:
    return f'<div class="math display">{html.escape(tokens[index].content)}</div>\n'


def _display_in_line(renderer: RendererHTML, tokens: Any, index: int, options: Any, env: Any) -> str:
    return f'<span class="math display">{html.escape(tokens[index].content)}</span>'


def _image(renderer: RendererHTML, tokens: Any, index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    words = html.escape(token.content or "picture")
    source = _picture(str(token.attrs.get("src", "")), env["attachments"])
    return f'<img src="{html.escape(source)}" alt="{words}">' if source else f"<em>{_LEFT_OUT} {words}</em>"


def _picture(source: str, attachments: Mapping[str, Mapping[str, str]]) -> str:
    """The picture itself as an address, or an empty text if it is not in the notebook."""
    if source.startswith("attachment:"):
        kinds = attachments.get(unquote(source.removeprefix("attachment:")), {})
        source = next((f"data:{kind};base64,{''.join(kinds[kind].split())}" for kind in _PICTURES if kind in kinds), "")
    return source if _is_picture(source) else ""


def _is_picture(source: str) -> bool:
    """Whether an address is a picture in itself, of a kind that cannot run anything."""
    head, comma, data = source.partition(",")
    if not comma or len(data) > _MOST_PICTURE or head not in {f"data:{kind};base64" for kind in _PICTURES}:
        return False
    try:
        return bool(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return False


def _kept_attribute(attachments: Mapping[str, Mapping[str, str]], tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return _picture(value, attachments) or None
    if name == "class":
        return value if value in ("math inline", "math display") else None
    return value
