"""What platforms export is recognised by itself, and gives each student one submission."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.submissions import (
    files_beside,
    find_submissions,
    name_students,
    names_without_submission,
    read_roster,
)
from autograder.submissions.platforms import PLATFORMS
from tests.submissions import exports
from tests.submissions.exports import STUDENTS, Student
from tests.submissions.layouts import ADA, BOB, write_files, write_zip
from tests.submissions.whole_exports import EXPORTS, NAME, WHEN, A, B, found_in

pytestmark = pytest.mark.usefixtures("in_berlin")


@pytest.mark.parametrize(("platform", "files"), EXPORTS)
@pytest.mark.parametrize("how", ["zip", "folder", "packed again", "with the files of a system"])
def test_an_export_is_recognised_and_gives_each_student_one_submission(
    tmp_path: Path, assignment: Assignment, platform: str, files: dict[str, bytes], how: str
) -> None:
    if how == "packed again":
        path = write_zip(tmp_path / "all.zip", {f"my downloads/{name}": raw for name, raw in files.items()})
    elif how == "zip":
        path = write_zip(tmp_path / "all.zip", files)
    else:
        more = {".DS_Store": b"", "__MACOSX/._x": b"", "Thumbs.db": b""} if how.startswith("with") else {}
        path = write_files(tmp_path / "all", files | more)
    found, notes = found_in(path, assignment)
    students = sum(name.endswith(NAME) or name.endswith(".ipynb") for name in files)
    assert notes == [f"This is {PLATFORMS[platform].export}: {students} students."]
    logins = {s.login for s in STUDENTS}
    assert {submission.read().decode() for submission in found} <= logins
    assert len(found) == students == len({submission.read() for submission in found})
    assert names_without_submission([path], assignment) == []


def test_the_name_in_the_ledger_and_the_marks_are_those_of_the_export(tmp_path: Path, assignment: Assignment) -> None:
    seen: dict[str, tuple[object, ...]] = {}
    for place, (platform, files) in enumerate(EXPORTS):
        found, _ = found_in(write_zip(tmp_path / f"{place}.zip", files), assignment)
        first = next(s for s in found if s.handed_in and (s.read() == b"zotam"))
        seen[f"{platform}{place}"] = (first.student, first.submitted_at, first.late, first.attempt)
    morning = "2026-02-28T08:00:00Z"  # nine in Berlin
    assert seen == {
        "canvas0": ("otamarindzoë_23456", None, True, None),
        "canvas1": ("anon_aB1xY", None, False, None),
        "moodle2": ("Zoë OTamarind_23456", None, None, None),
        "moodle3": ("Zoë OTamarind_23456", None, None, None),
        "moodle4": ("Zoë OTamarind_23456", None, None, None),
        "moodle5": ("Teilnehmerin_1", None, None, None),
        "blackboard6": ("zotam", morning, None, 1),
        "brightspace7": ("Zoë O'Tamarind_23456", morning, None, 1),
        "brightspace8": ("Zoë O'Tamarind_23456", morning, None, 1),
        "brightspace9": ("Zoë O'Tamarind_23456", morning, None, 1),
        "gradescope10": ("23456", "2026-02-28T09:00:00Z", None, 3),
        "ilias11": ("zotam", None, True, None),
        "ilias12": ("zotam", None, False, None),
    }


@pytest.mark.parametrize(("zone", "hour"), [(ZoneInfo("Asia/Tokyo"), 0), (timezone(timedelta(hours=9)), 8), (UTC, 8)])
def test_times_without_a_zone_are_read_in_the_one_that_the_policy_names(
    tmp_path: Path, assignment: Assignment, zone: tzinfo, hour: int
) -> None:
    """An offset of the deadline is no zone. Then they are those of this machine, which is in Berlin."""
    there = replace(assignment, zone=zone)
    for platform, files in EXPORTS[6:11]:
        (tmp_path / platform).mkdir(exist_ok=True)
        found, _ = found_in(write_files(tmp_path / platform / str(len(files)), files), there)
        expected = 9 if platform == "gradescope" else hour  # Gradescope says its zone
        assert {s.submitted_at for s in found} == {f"2026-02-28T{expected:02}:00:00Z"}
    times = {s.login: "Saturday, 28 February 2026, 9:00 AM" for s in STUDENTS}
    (tmp_path / "sheet.csv").write_text(exports.moodle_worksheet(STUDENTS, times=times), encoding="utf-8")
    found, _ = found_in(write_zip(tmp_path / "m.zip", EXPORTS[2][1]), there)
    named, _ = name_students(found, read_roster(tmp_path / "sheet.csv"), {}, zone)
    assert {s.submitted_at for s in named} == {f"2026-02-28T{hour:02}:00:00Z"}


words = st.text(st.characters(categories=["L", "Mn", "Nd"], include_characters=" '_-."), min_size=1, max_size=12)
logins_of = st.from_regex(r"[a-z][a-z0-9_]{0,8}[a-z]", fullmatch=True)
people = st.builds(Student, words.filter(str.strip), words.filter(str.strip), logins_of, st.integers(100, 10**7))


@settings(max_examples=60)
@given(st.lists(people, min_size=1, max_size=4, unique_by=lambda s: s.number), st.data())
def test_any_name_comes_back_from_what_the_platforms_make_of_it(students: list[Student], data: st.DataObject) -> None:
    own = data.draw(st.sampled_from([NAME, "my\nwork.ipynb", "a_1_2_b.ipynb", "x - y.ipynb"]))
    for platform, names in {
        "canvas": [exports.canvas(s, 1000 + i, own) for i, s in enumerate(students)],
        "moodle": [exports.moodle(s, own) for s in students],
        "brightspace": [exports.brightspace(s, WHEN, own) for s in students if "/" not in s.full],
    }.items():
        entries = PLATFORMS[platform].read(sorted(names), lambda _: "")
        assert sorted(entries) == sorted(names)
        assert {(entry.id, entry.own) for entry in entries.values() if entry} == {
            (str(s.number), own) for s in students
        }


@settings(max_examples=60)
@given(
    st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,8}[a-z]", fullmatch=True), min_size=1, max_size=5, unique=True), st.data()
)
def test_any_login_comes_back_from_blackboards_names(logins: list[str], data: st.DataObject) -> None:
    title = data.draw(st.sampled_from(["EM", "EM_for_mixtures", "Week 2_EM"]))
    files: dict[str, str] = {}
    for login in logins:
        files |= exports.blackboard(login, WHEN, NAME, title)
    entries = PLATFORMS["blackboard"].read(sorted(files), files.__getitem__)
    assert sorted(entries) == sorted(files)
    assert sorted({entry.id for entry in entries.values() if entry}) == sorted(logins)


ORDINARY: list[dict[str, bytes]] = [  # none of them is an export
    {"alder_2026_1_em.ipynb": ADA, "ash_2026_1_em.ipynb": BOB},
    {"alder_1_1_em.ipynb": ADA, "ash_2_1_em.ipynb": BOB},
    {"week_1_2_alder.ipynb": ADA, "week_1_3_ash.ipynb": BOB},
    {"Alder_12345_67890_em.ipynb": ADA, "Ash_12346_67891_em.ipynb": BOB},  # Canvas writes no capitals
    {"alder_12345.ipynb": ADA, "ash_12346.ipynb": BOB},
    {"alder_file_/em_gmm.ipynb": ADA, "ash_file_/em_gmm.ipynb": BOB},
    {"assignsubmission_file_1.ipynb": ADA, "assignsubmission_file_2.ipynb": BOB},
    {"my_attempt_1.ipynb": ADA, "my_attempt_2.ipynb": BOB},
    {"x_ash_attempt_2026-13-45-09-00-00_em.ipynb": ADA, "x_elm_attempt_2026-13-45-09-00-00_em.ipynb": BOB},
    {"12-34 - notes.ipynb": ADA, "12-35 - notes.ipynb": BOB},
    {"1-2 - Alder - 2026/em_gmm.ipynb": ADA, "1-3 - Ash - 2026/em_gmm.ipynb": BOB},  # two assignments
    {"submission_1/em_gmm.ipynb": ADA, "submission_2/em_gmm.ipynb": BOB},  # no list of who handed it in
    {"lab_1_group_7/em_gmm.ipynb": ADA, "lab_1_group_8/em_gmm.ipynb": BOB},
    {"uni_a_alder_123/em_gmm/em_gmm.ipynb": ADA, "uni_a_ash_124/em_gmm/em_gmm.ipynb": BOB},  # nbgrader's
    {"submitted/a_b_c_123/em_gmm/em_gmm.ipynb": ADA, "submitted/a_b_d_124/em_gmm/em_gmm.ipynb": BOB},
]


@pytest.mark.parametrize("files", ORDINARY)
@pytest.mark.parametrize("zipped", [False, True])
def test_an_ordinary_folder_is_never_taken_for_an_export(
    tmp_path: Path, assignment: Assignment, files: dict[str, bytes], zipped: bool
) -> None:
    path = write_zip(tmp_path / "x.zip", files) if zipped else write_files(tmp_path / "x", files)
    found, notes = found_in(path, assignment)
    plain, _ = found_in(path, assignment, "files")
    assert not any("This is" in note for note in notes)
    assert [(s.student, s.handed_in) for s in found] == [(s.student, None) for s in plain]
    assert len(found) == 2


def test_one_file_that_does_not_fit_makes_it_a_folder_and_a_note_says_how_to_mend_that(
    tmp_path: Path, assignment: Assignment
) -> None:
    files = dict(EXPORTS[0][1]) | {"notes for the tutors.ipynb": ADA}
    path = write_files(tmp_path / "x", files)
    found, notes = found_in(path, assignment)
    assert len(found) == len(files)
    assert notes == [
        f"{path}: the names look like Canvas' export, but not notes for the tutors.ipynb. They are read as the names "
        "of students. If it is Canvas' export, say --from canvas."
    ]
    found, notes = found_in(path, assignment, "canvas")
    assert len(found) == len(files) - 1
    assert notes == ["This is Canvas' export: 7 students."]
    assert names_without_submission([path], assignment, "canvas") == ["notes for the tutors.ipynb"]


def test_a_platform_that_is_named_but_does_not_fit_is_refused(tmp_path: Path, assignment: Assignment) -> None:
    path = write_files(tmp_path / "x", {"ash.ipynb": ADA})
    with pytest.raises(UsageError, match=r"no file here has a name as in Moodle's export\.$"):
        find_submissions([path], assignment, "moodle")


def test_files_says_that_no_platform_made_the_names(tmp_path: Path, assignment: Assignment) -> None:
    found, notes = found_in(write_files(tmp_path / "x", EXPORTS[0][1]), assignment, "files")
    assert notes == []
    assert exports.canvas(A, 900, NAME).removesuffix(".ipynb") in [s.student for s in found]


def test_the_last_attempt_counts_and_resubmissions_are_no_students(tmp_path: Path, assignment: Assignment) -> None:
    for platform, file_of in {
        "brightspace": exports.brightspace,
        "blackboard": lambda s, when, own: next(iter(exports.blackboard(s.login, when, own))),
    }.items():
        files = {file_of(A, WHEN + timedelta(days=i), NAME): str(i).encode() for i in (2, 0, 10)}
        files[file_of(B, WHEN, NAME)] = b"only"
        (path := tmp_path / platform).mkdir()
        found, notes = found_in(write_files(path, files), assignment)
        assert notes == [
            f"This is {PLATFORMS[platform].title}'s export: 2 students, 2 resubmissions; the last one counts."
        ]
        assert {(s.read(), s.attempt, s.submitted_at) for s in found} == {
            (b"10", 3, "2026-03-10T08:00:00Z"),
            (b"only", 1, "2026-02-28T08:00:00Z"),
        }


def test_of_canvas_files_with_one_name_the_later_one_counts(tmp_path: Path, assignment: Assignment) -> None:
    names = [
        exports.canvas(A, file, own) for file, own in ((902, "em_gmm-2.ipynb"), (899, NAME), (901, "em_gmm-1.ipynb"))
    ]
    files = {name: name.encode() for name in names} | {exports.canvas(B, 500, NAME): BOB}
    found, notes = found_in(write_files(tmp_path / "x", files), assignment)
    assert [s.read() for s in found] == [names[0].encode(), BOB]
    assert notes == ["This is Canvas' export: 2 students, 1 resubmission; the last one counts."]


def test_a_later_download_replaces_the_submissions_of_an_earlier_one(tmp_path: Path, assignment: Assignment) -> None:
    one = write_zip(tmp_path / "1.zip", {exports.canvas(A, 901, NAME): b"old", exports.canvas(B, 902, NAME): b"same"})
    two = write_zip(
        tmp_path / "2.zip", {exports.canvas(A, 903, "em_gmm-1.ipynb"): b"new", exports.canvas(B, 902, NAME): b"same"}
    )
    for paths in ([one, two], [two, one]):
        notes: list[str] = []
        found = find_submissions(paths, assignment, None, notes.append)
        assert [s.read() for s in found] == [b"new", b"same"] or [s.read() for s in found] == [b"same", b"new"]
        assert notes == ["This is Canvas' export: 2 students, 1 resubmission; the last one counts."]


def test_an_attempt_without_a_notebook_does_not_replace_one_that_has_it(tmp_path: Path, assignment: Assignment) -> None:
    files = exports.blackboard("ash", WHEN, NAME) | exports.blackboard("ash", WHEN + timedelta(1), "sorry.pdf")
    path = write_files(tmp_path / "x", {name: text.encode() or ADA for name, text in files.items()})
    [ash], notes = found_in(path, assignment)
    assert (ash.read(), ash.attempt) == (ADA, 1)
    assert notes[1] == "The last attempt has no notebook, so the one before it counts: ash."


def test_a_student_who_handed_in_no_notebook_is_there_and_it_says_why(tmp_path: Path, assignment: Assignment) -> None:
    files = {exports.moodle(A, "x.html", plugin="onlinetext"): b"I am ill", exports.moodle(B, NAME): BOB}
    (alder, zoe), _ = found_in(write_files(tmp_path / "x", files), assignment)
    with pytest.raises(Unreadable, match="there is no notebook"):
        alder.read()
    assert zoe.read() == BOB


@pytest.mark.parametrize("zipped", [False, True])
def test_the_files_beside_a_notebook_have_the_names_that_the_student_gave_them(
    tmp_path: Path, assignment: Assignment, zipped: bool
) -> None:
    both = [(s, own) for s in (A, B) for own in (NAME, "helper.py")]
    for platform, files in {
        "canvas": {exports.canvas(s, s.number + ord(own[0]), own): f"{own}{s.login}".encode() for s, own in both},
        "moodle": {exports.moodle(s, own): f"{own}{s.login}".encode() for s, own in both},
    }.items():
        path = write_zip(tmp_path / f"{platform}.zip", files) if zipped else write_files(tmp_path / platform, files)
        for submission in found_in(path, assignment)[0]:
            login = submission.read().removeprefix(NAME.encode())
            assert files_beside(submission, assignment).files == {"helper.py": b"helper.py" + login}


def test_a_link_in_an_export_is_refused_for_its_student_alone(tmp_path: Path, assignment: Assignment) -> None:
    path = write_files(tmp_path / "x", {exports.moodle(A, NAME): ADA, exports.moodle(B, "x.txt"): b""})
    (path / exports.moodle(B, NAME)).symlink_to("/etc/passwd")
    (alder, zoe), notes = found_in(path, assignment)
    assert notes == ["This is Moodle's export: 2 students."]
    assert alder.read() == ADA
    with pytest.raises(Unreadable, match="the file is a link"):
        zoe.read()


def test_no_student_can_hide_the_export_from_the_others(tmp_path: Path, assignment: Assignment) -> None:
    """A student names files and folders, but not what the platform puts before them."""
    odd = [
        "submitted/em_gmm.ipynb",
        "12-34 - Ash - Feb 28, 2026 900 AM/x.ipynb",
        "a_1_2_b.ipynb",
        "x\ny.ipynb",
        "(1).ipynb",
    ]
    files = {exports.moodle(s, own): s.login.encode() for s, own in zip(STUDENTS, odd, strict=False)}
    found, notes = found_in(write_zip(tmp_path / "x.zip", files), assignment)
    assert notes == ["This is Moodle's export: 5 students."]
    assert {s.read().decode() for s in found} == {s.login for s in STUDENTS[:5]}
