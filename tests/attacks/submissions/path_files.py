"""Follows sys.path, .pth files and editable finders to the folder that the kit is installed from."""
# uses: loot

# %%
import os

import glob
import re
import sys

for entry in list(sys.path):
    for path in glob.glob(entry + "/*.pth") + glob.glob(entry + "/__editable__*") + glob.glob(entry + "/*.egg-link"):
        for place in re.findall(r"/[\w./-]+", open(path, errors="replace").read()):
            walk(place if os.path.isdir(place) else os.path.dirname(place))
            walk(os.path.dirname(place))
    for path in glob.glob(entry + "/*.dist-info/direct_url.json"):
        for place in re.findall(r"file://(/[^\"]+)", open(path, errors="replace").read()):
            walk(place)
for prefix in (sys.prefix, sys.exec_prefix, os.path.dirname(sys.executable)):
    walk(os.path.dirname(prefix))
    walk(os.path.dirname(os.path.dirname(prefix)))
