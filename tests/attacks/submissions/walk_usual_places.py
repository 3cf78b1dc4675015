"""Looks in folders where courses are usually kept."""
# uses: loot

# %%
import os

for top in ("~", "/root", "/home", "THE KIT", "/srv", "/opt", "/workspace", "/app", "/mnt", "/repo", "/builds", "/github"):
    end = time.monotonic() + 1
    walk(os.path.expanduser(top))
