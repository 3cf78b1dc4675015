"""Correct solutions, written in the ways people write them; a check that rejects one of these is wrong.

Each file holds the alternatives of one function of the notebook, or some of them.
They differ in arithmetic (and hence in the last digits), in the kind of thing they return, and, for
`train_EM`, in how a restart begins and how the best one is kept. None of them warns, and all but one are silent.
"""

from reference.em_gmm.alternatives.e_step import *
from reference.em_gmm.alternatives.m_step import *
from reference.em_gmm.alternatives.vlb import *
from reference.em_gmm.alternatives.em_restarts import *
from reference.em_gmm.alternatives.em_results import *
