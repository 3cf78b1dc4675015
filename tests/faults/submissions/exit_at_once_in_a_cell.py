"""A cell that ends the process."""
# costs: 
# says: of code cell \d+ was stopped and left out: it ended the Python process

# %%
import os

os._exit(3)
