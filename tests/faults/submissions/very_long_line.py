"""A cell that is one line; the test makes five megabytes of it."""
# costs: 
# says: SyntaxError|NameError|MemoryError|RecursionError

# %%
undefined + 'FIVE MEGABYTES'
