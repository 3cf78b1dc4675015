"""Wrong solutions that real people write, each with the sentence that its author should read.

Each file holds the mistakes of one part of the notebook, or those that have something in common.
The helpers are right. A function deviates from them where its mistake is, and nowhere else, so that
a check which rejects it does so because of this mistake. Each function is one person's code: it uses the
notebook's own E_step, M_step and compute_vlb, and only where the mistake demands it its X, pi0, mu0, sigma0.

The order counts, here and in each file: the first of two mistakes that look alike stands for both.
"""

from reference.em_gmm.misconceptions.e_step_logarithms import *
from reference.em_gmm.misconceptions.e_step_density import *
from reference.em_gmm.misconceptions.e_step_table import *
from reference.em_gmm.misconceptions.m_step_mu import *
from reference.em_gmm.misconceptions.m_step_sigma import *
from reference.em_gmm.misconceptions.m_step_pi import *
from reference.em_gmm.misconceptions.vlb import *
from reference.em_gmm.misconceptions.em_restarts import *
from reference.em_gmm.misconceptions.em_stopping import *
from reference.em_gmm.misconceptions.em_start import *
from reference.em_gmm.misconceptions.em_collapse import *
from reference.em_gmm.misconceptions.em_returned import *
