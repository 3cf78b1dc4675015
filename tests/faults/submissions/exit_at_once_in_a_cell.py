"""A cell that ends the process."""
# costs: 
# says: Code cell \d+ was stopped, .*: it ended the Python process

# %%
import os

os._exit(3)
