"""Low latency: set TCP_NODELAY on the socket of Streamlit.

Streamlit binds its socket with protocol 0, for which asyncio sets no TCP_NODELAY, so that the
kernel holds the second part of each answer back for about 40 ms (Nagle's algorithm and delayed
acknowledgements; RFC 896, RFC 1122). `python -m benchmarks.requests` prints the time with and
without.
"""

import logging
import socket
from importlib import import_module
from typing import Any

log = logging.getLogger(__name__)


def answer_at_once() -> bool:
    """Set TCP_NODELAY on the socket that Streamlit listens on; whether that was possible.

    The function that binds it is private to Streamlit: where another version has none of that
    name, answers take longer and everything works.
    """
    try:
        server: Any = import_module("streamlit.web.server.starlette.starlette_server")
    except ImportError:
        server = None
    bind = getattr(server, "_bind_socket", None)
    if bind is None:
        log.warning(
            "Streamlit binds its socket in an unknown way; each response takes 40 ms longer."
        )
        return False

    def bound(*given: Any, **named: Any) -> socket.socket:
        listening: socket.socket = bind(*given, **named)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening

    server._bind_socket = bound
    return True
