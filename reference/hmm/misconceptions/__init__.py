"""Wrong solutions that real people write, each with the hint that its author should read.

Each file holds the mistakes of one part of the notebook, or mistakes that have something in common.
The helpers are right. A function differs from them only in its mistake. So if a check rejects the function, it does
so because of this mistake. Each function is the code of one person, which uses the notebook's own other functions.

The order counts, here and in each file: if two mistakes look alike, the first one stands for both.
"""

from reference.hmm.misconceptions.forward import *
from reference.hmm.misconceptions.forward_logarithms import *
from reference.hmm.misconceptions.backward import *
from reference.hmm.misconceptions.gamma import *
from reference.hmm.misconceptions.xi import *
from reference.hmm.misconceptions.viterbi import *
from reference.hmm.misconceptions.viterbi_path import *
from reference.hmm.misconceptions.baum_welch_m_step import *
from reference.hmm.misconceptions.baum_welch_restarts import *
from reference.hmm.misconceptions.baum_welch_runs import *
from reference.hmm.misconceptions.model import *
