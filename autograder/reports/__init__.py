"""Reads the ledger and writes tables, statistics, similar code, pages and file formats for people and platforms.

It imports `marking` and the rooms below it.
"""

from autograder.reports.changes import score_changes
from autograder.reports.earlier import Earlier, read_earlier
from autograder.reports.formats import FOR_PEOPLE, FORMATS, NEED_ROSTER, NOTES, UNMATCHED, file_bytes, write_format
from autograder.reports.formats.book import Book, as_json, comments, spreadsheet
from autograder.reports.formats.gradescope import results_json
from autograder.reports.groups import Group, examples_of, groups_of
from autograder.reports.tables import change_table, class_table, unknown_times
