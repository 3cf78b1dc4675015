"""Wrong solutions that real people write, each with the hint that its author should read.

Each file holds the mistakes of one part of the notebook, or mistakes that have something in common.
The helpers are right. A function differs from them only in its mistake. So if a check rejects the function, it does
so because of this mistake. Each function is the code of one person. It uses the notebook's own E_step, M_step and
compute_vlb. It uses the notebook's X, pi0, mu0 and sigma0 only if the mistake requires it.

The order counts, here and in each file: if two mistakes look alike, the first one stands for both.
"""

from reference.em_gmm.misconceptions.e_step_logarithms import *
from reference.em_gmm.misconceptions.e_step_density import *
from reference.em_gmm.misconceptions.e_step_table import *
from reference.em_gmm.misconceptions.e_step_constants import *
from reference.em_gmm.misconceptions.m_step_mu import *
from reference.em_gmm.misconceptions.m_step_sigma import *
from reference.em_gmm.misconceptions.m_step_pi import *
from reference.em_gmm.misconceptions.m_step_constants import *
from reference.em_gmm.misconceptions.vlb import *
from reference.em_gmm.misconceptions.vlb_constants import *
from reference.em_gmm.misconceptions.vlb_several_constants import *
from reference.em_gmm.misconceptions.em_restarts import *
from reference.em_gmm.misconceptions.em_stopping import *
from reference.em_gmm.misconceptions.em_start import *
from reference.em_gmm.misconceptions.em_collapse import *
from reference.em_gmm.misconceptions.em_returned import *
