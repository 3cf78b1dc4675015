"""Closes the sockets that it finds."""
# costs: e_step
# says: ended the Python process|did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import gc, socket
    for thing in gc.get_objects():
        if isinstance(thing, socket.socket):
            thing.close()
    return X
