"""Writes what people and platforms read from the ledger: tables, statistics, similar code, pages, file formats.

It imports `building` and the rooms below it.
"""

from autograder.reports.changes import score_changes
from autograder.reports.formats import FOR_PEOPLE, FORMATS, write_formats
from autograder.reports.formats.book import Book, as_json
from autograder.reports.formats.gradescope import results_json
from autograder.reports.tables import change_table, class_table
