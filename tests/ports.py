"""Ports that stay free for one server of ours."""

import socket


def hold(port: int = 0) -> socket.socket:
    """Keep a port of 127.0.0.1, any by itself, until this is closed.

    Nobody listens there. A server of ours may, as it sets SO_REUSEADDR, too; nobody else gets
    the port while it is between two starts.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    return held
