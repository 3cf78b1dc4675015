"""A cell that never ends."""
# costs: 
# says: Code cell \d+ was stopped, .*: it did not end within [25] seconds

# %%
while True:
    pass
