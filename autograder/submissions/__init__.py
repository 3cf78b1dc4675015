"""Finds and reads what students handed in, as notebooks, folders or zips, and reads the roster of the class.

`submission` reads one file and refuses a zip bomb. `export` recognises a platform's export.

It imports `assignment`.
"""

from autograder.submissions.beside import Beside, files_beside
from autograder.submissions.export import FILES
from autograder.submissions.file_names import file_name
from autograder.submissions.find import find_submissions, names_without_submission, submission_in_folder
from autograder.submissions.groups import Groups, read_groups
from autograder.submissions.identity import same_name, without_capitals
from autograder.submissions.match import match_people
from autograder.submissions.name_students import name_students
from autograder.submissions.people import Person, name_key, numbered_parts, role_of, worksheet_columns
from autograder.submissions.platforms import PLATFORMS
from autograder.submissions.roster import Roster, email_key, read_roster, student_ids, students_by_email
from autograder.submissions.submission import HandedIn, Submission
