"""Looks through every folder above its own folder."""
# uses: loot

# %%
import os

folder = os.getcwd()
while folder != "/" and not loot:
    folder = os.path.dirname(folder)
    walk(folder) if folder != "/" else None
