"""A loop that catches every exception that would end it."""
# costs: e_step
# says: did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
