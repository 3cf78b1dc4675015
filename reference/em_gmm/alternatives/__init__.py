"""Correct solutions, written in the ways people write them. If a check rejects one of them, the check is wrong.

Each file holds the alternatives of one function of the notebook, or some of them.
They differ in arithmetic (and hence in the last digits) and in the type of what they return. Those of `train_EM` also
differ in how a restart begins and how the best one is kept. None of them warns, and only one prints anything.
"""

from reference.em_gmm.alternatives.e_step import *
from reference.em_gmm.alternatives.m_step import *
from reference.em_gmm.alternatives.vlb import *
from reference.em_gmm.alternatives.em_restarts import *
from reference.em_gmm.alternatives.em_results import *
from reference.em_gmm.alternatives.em_slow import *
