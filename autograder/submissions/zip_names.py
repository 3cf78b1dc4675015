"""Reads the names in a zip as the program that packed it meant them.

A zip says for each name whether it is UTF-8. Without that mark the standard asks for the code page 437. But macOS and
many programs then write UTF-8, and Windows writes the code page of its country. Some programs of Windows also separate
folders with backslashes.
"""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075  # the extra field of Info-ZIP with the name in UTF-8
# The script that each code page is for. If several fit equally well, the first one is taken.
_PAGES = {"cp437": "LATIN", "cp850": "LATIN", "cp1252": "LATIN", "cp866": "CYRILLIC", "cp932": "CJK", "gbk": "CJK"}
_CJK = ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC")


def decoded_names(members: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The name of each member, with slashes between folders."""
    raw = [None if member.flag_bits & _UTF8_FLAG else _raw_name(member) for member in members]
    known = [None if name is None else _declared_or_utf8(name, m) for name, m in zip(raw, members, strict=True)]
    page = _likely_page([name for name, text in zip(raw, known, strict=True) if name is not None and text is None])
    names = []
    for member, name, text in zip(members, raw, known, strict=True):
        guessed = member.filename if name is None else name.decode(page, "replace")
        names.append((guessed if text is None else text).replace("\\", "/"))
    return names


def _raw_name(member: zipfile.ZipInfo) -> bytes | None:
    try:
        return member.orig_filename.encode("cp437").partition(b"\0")[0]
    except UnicodeEncodeError:  # zipfile read it in another way
        return None


def _declared_or_utf8(raw: bytes, member: zipfile.ZipInfo) -> str | None:
    """The name, if the zip gives it in UTF-8. None if it can be in any code page."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == _UNICODE_PATH and size > 5:
            checksum, name = struct.unpack("<I", extra[5:9])[0], extra[9 : 4 + size]
            if checksum == zlib.crc32(raw):  # otherwise another program changed the name later
                raw = name
        extra = extra[4 + size :]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _likely_page(names: Sequence[bytes]) -> str:
    """The code page in which these names look most like names of people."""
    return min(_PAGES, key=lambda page: sum(_strange_letters(name, page) for name in names))


def _strange_letters(raw: bytes, page: str) -> float:
    """How many letters would be odd in a name: signs, other scripts, scripts mixed in a word, capitals inside words."""
    try:
        text = raw.decode(page)
    except UnicodeDecodeError:
        return float("inf")
    strange = 0
    for before, letter, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if letter.isascii():
            continue
        name = unicodedata.name(letter, "")
        script = _PAGES[page]
        fits = name.startswith(_CJK if script == "CJK" else script) and letter.isalpha()
        mixed = script != "LATIN" and any(near.isascii() and near.isalpha() for near in (before, after))
        strange += not fits or mixed or (letter.isupper() and before.islower())
    return strange
