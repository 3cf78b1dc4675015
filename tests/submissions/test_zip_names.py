"""Names in a zip are read as the program that packed it meant them."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from tests.submissions.layouts import ADA, BOB, notebooks_by_student


def write_raw_zip(path: Path, files: dict[bytes, bytes], extra: dict[bytes, bytes] | None = None) -> Path:
    """A zip whose names are these bytes, without the mark for UTF-8."""
    names = {(b"%c" % (65 + number)) * len(name): name for number, name in enumerate(files)}
    with zipfile.ZipFile(path, "w") as archive:
        for (plain, name), content in zip(names.items(), files.values(), strict=True):
            assert len(plain) == len(name)
            member = zipfile.ZipInfo(plain.decode())
            member.extra = (extra or {}).get(name, b"")
            archive.writestr(member, content)
    raw = path.read_bytes()
    for plain, name in names.items():
        assert raw.count(plain) == 2
        raw = raw.replace(plain, name)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("encoding", "student"),
    [
        *(("utf-8", "José Åström"), ("utf-8", "山田太郎"), ("cp437", "José"), ("cp437", "Müller"), ("cp437", "Jörg")),
        *(("cp850", "João"), ("cp1252", "José"), ("cp1252", "Müller"), ("cp932", "山田太郎"), ("cp932", "田中")),
        *(("cp932", "表計算"), ("cp866", "Иван"), ("gbk", "王伟"), ("utf-8", "Jose\u0301 Åström")),
    ],
)
@pytest.mark.parametrize("folder", ["/em_gmm.ipynb", ".ipynb", "\\em_gmm.ipynb"])
def test_a_name_without_the_mark_for_utf8_is_read_as_it_was_meant(
    tmp_path: Path, assignment: Assignment, encoding: str, student: str, folder: str
) -> None:
    files = {(student + folder).encode(encoding): ADA, b"bob" + folder.encode(): BOB}
    expected = student.replace("e\u0301", "é")
    assert notebooks_by_student([write_raw_zip(tmp_path / "class.zip", files)], assignment) == {
        expected: ADA,
        "bob": BOB,
    }


@pytest.mark.parametrize("valid", [True, False])
def test_the_unicode_name_beside_the_plain_one_counts_unless_it_belongs_to_another(
    tmp_path: Path, assignment: Assignment, valid: bool
) -> None:
    raw, meant = b"J\x82r\x93me.ipynb", "Jürgen.ipynb".encode()
    checksum = zlib.crc32(raw) ^ (not valid)
    field = struct.pack("<HHBI", 0x7075, 5 + len(meant), 1, checksum) + meant
    path = write_raw_zip(tmp_path / "class.zip", {raw: ADA, b"bobs-work.ipynb": BOB}, {raw: field})
    assert set(notebooks_by_student([path], assignment)) == {"Jürgen" if valid else "Jérôme", "bobs-work"}


@pytest.mark.parametrize(
    "names",
    [
        ("ada\\em_gmm.ipynb", "bob\\em_gmm.ipynb"),
        ("submitted\\ada\\em_gmm\\em_gmm.ipynb", "submitted\\bob\\em_gmm\\em_gmm.ipynb"),
        ("class\\ada.ipynb", "class\\bob.ipynb"),
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_backslashes_separate_folders_in_a_zip_and_where_it_was_unpacked(
    tmp_path: Path, assignment: Assignment, names: tuple[str, str], zipped: bool
) -> None:
    path = tmp_path / ("class.zip" if zipped else "class")
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in zip(names, (ADA, BOB), strict=True):
                archive.writestr(name, content)
    else:
        path.mkdir()
        for name, content in zip(names, (ADA, BOB), strict=True):
            (path / name).write_bytes(content)
    assert notebooks_by_student([path], assignment) == {"ada": ADA, "bob": BOB}
