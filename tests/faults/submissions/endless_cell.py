"""A cell that never ends."""
# costs: 
# says: line 1 of code cell \d+ was stopped and left out: it did not end within [0-9.]+ seconds

# %%
while True:
    pass
