"""Ignores every signal that can be ignored and loops."""
# costs: e_step
# says: did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import signal
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGXCPU, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass
