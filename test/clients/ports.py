"""A port for a program that takes its port as an argument."""

import random
import socket


def free_port():
    """Below those that systems give out by themselves: nobody is given it before the program binds."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
