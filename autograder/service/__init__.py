"""Takes submissions in over HTTP, grades them in the background, and shows the feedback.

It imports `reports` and the rooms below it, and nothing of `nbgrader` and `gradescope`.

`intake` checks a submission, `store` keeps it, `grading` grades it, `pages` shows the feedback, `app` has the routes.
"""

from autograder.service.ledgers import entry_that_counts
from autograder.service.run import build_service, open_store, open_tokens, run_service
from autograder.service.store import Entry, Store, Unavailable
