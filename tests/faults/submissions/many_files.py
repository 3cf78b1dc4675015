"""Writes many small files, at most 1200, when it is first called."""
# costs: e_step
# says: raised|writes more than the 4 MB|did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import os
    for i in range(0 if os.path.exists('small-0') else 1200):
        with open(f'small-{i}', 'w') as file:
            file.write('x' * 100)
    raise OSError('written')
