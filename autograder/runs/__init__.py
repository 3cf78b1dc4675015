"""Grades many submissions: the workers, the ledger, resuming, a Dask cluster, the progress bar.

It imports `grading` and the rooms below it.
"""

from autograder.runs.batch import (
    Pool,
    grade_all,
    grade_in_worker,
    loaded_spec,
    statuses_in_worker,
    warm_pool,
    warm_up_worker,
    worker_processes,
)
from autograder.runs.class_run import ClassRun, Options, grade_class
from autograder.runs.cluster import connected_cluster
from autograder.runs.fingerprints import NO_FINGERPRINTS, given_lines, read_fingerprints, record_fingerprints, tokens_of
from autograder.runs.ledger import LEDGER_NAME, Ledger, ResultsInOrder, StoredResults, latest_results, locked
from autograder.runs.messages import pack_result, pack_submission, unpack_result, unpack_submission
from autograder.runs.notebooks import NOTEBOOKS_NAME, read_notebook, record_notebooks, sentence_about_lost
from autograder.runs.progress import progress_bar
from autograder.runs.rescore import outdated, rescore
from autograder.runs.resume import grade_into_ledger
from autograder.runs.worker_process import end_workers, limit_blas_threads, worker_count
