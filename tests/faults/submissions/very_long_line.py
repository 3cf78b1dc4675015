"""A cell of one line. The test makes five megabytes of it."""
# costs: 
# says: uses the name 'undefined'|SyntaxError|MemoryError

# %%
undefined + 'FIVE MEGABYTES'
