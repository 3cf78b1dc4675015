"""A cell that is one line; the test makes five megabytes of it."""
# costs: 
# says: uses the name 'undefined'|SyntaxError|MemoryError

# %%
undefined + 'FIVE MEGABYTES'
