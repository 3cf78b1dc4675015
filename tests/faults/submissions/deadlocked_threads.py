"""Two threads wait for each other."""
# costs: e_step
# says: did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import threading
    a, b, met = threading.Lock(), threading.Lock(), threading.Barrier(2)
    def one(x, y):
        with x:
            met.wait()
            with y:
                pass
    pair = [threading.Thread(target=one, args=p) for p in ((a, b), (b, a))]
    for t in pair:
        t.start()
    for t in pair:
        t.join()
