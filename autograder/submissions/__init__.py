"""Finds and reads what students handed in, as notebooks, folders or zips, and reads the roster of the class.

It imports `assignment`.
"""

from autograder.submissions.beside import Beside, files_beside
from autograder.submissions.file_names import file_name
from autograder.submissions.find import find_submissions, names_without_submission, submission_in_folder
from autograder.submissions.identity import same_name, without_capitals
from autograder.submissions.roster import Roster, email_key, read_roster, student_ids, students_by_email
from autograder.submissions.submission import Submission
