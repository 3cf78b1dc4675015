"""Receives submissions over HTTP, grades them in the background and shows the feedback.

This room may import `reports` and the rooms below it. It must not import `nbgrader` or `gradescope`.

`intake` checks each submission, `store` keeps it, `grading` grades it, `pages` shows it, and `app` has the routes.
"""

from autograder.service.deadlines import Deadlines, iso_time
from autograder.service.ledgers import choose_counted_entry
from autograder.service.mark_server import build_marking_server
from autograder.service.run import build_service, open_store, open_tokens, run_service
from autograder.service.store import Entry, Store, Unavailable
