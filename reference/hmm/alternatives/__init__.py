"""Correct solutions, written in the ways people write them. If a check rejects one of them, the check is wrong.

Each file holds the alternatives of one function, or of the class. They differ in arithmetic (scaling or logarithms, and
hence in the last digits), in how they treat zeros, and in the type of what they return. Those of `baum_welch` also
differ in how a restart begins and in how the best one is kept. None of them warns.
"""

from reference.hmm.alternatives.forward import *
from reference.hmm.alternatives.backward import *
from reference.hmm.alternatives.posterior import *
from reference.hmm.alternatives.viterbi import *
from reference.hmm.alternatives.baum_welch import *
from reference.hmm.alternatives.model import *
from reference.hmm.alternatives.slow import *
