"""Writes many small files, at most 2000."""
# costs: e_step
# says: raised|writes more than the 4 MB|did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    for i in range(2000):
        with open(f'small-{i}', 'w') as file:
            file.write('x' * 100)
    raise OSError('written')
