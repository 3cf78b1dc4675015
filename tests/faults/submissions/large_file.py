"""Writes one file without end."""
# costs: e_step
# says: writes more than the 4 MB

# %%
def E_step(X, pi, mu, sigma):
    with open('large', 'wb') as file:
        while True:
            file.write(b'x' * (1 << 20))
