"""A cell that never ends."""
# costs: all
# says: did not end within [25] seconds

# %%
while True:
    pass
