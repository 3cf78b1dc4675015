"""A cell that ends the process."""
# costs: all
# says: ended the Python process

# %%
import os

os._exit(3)
