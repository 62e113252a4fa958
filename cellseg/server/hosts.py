"""Which host names and origins the server accepts: a middleware around every route.

A page elsewhere that makes the browser ask under another name (DNS rebinding) or from another
origin gets no answer, whatever the route. The headers of each answer forbid what the pages never
need: pictures, scripts and frames from other hosts.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

import psutil
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARIABLE = "STREAMLIT_SERVER_ALLOWED_HOSTS"
"""Environment variable with further host names, separated by spaces or commas."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")

HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # components and charts
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "connect-src 'self' data: blob:",
            "frame-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Headers of every response."""


def is_loopback(address: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def allowed_hosts(network: bool) -> list[str]:
    """The host names that the server accepts.

    Parameters
    ----------
    network : whether others may reach this machine: then its own name and addresses count, too.
    """
    found = list(LOOPBACK)
    if network:
        name = socket.gethostname()
        found += [name, f"{name.partition('.')[0]}.local"]
        for addresses in psutil.net_if_addrs().values():
            found += [
                one.address.partition("%")[0]
                for one in addresses
                if one.family in (socket.AF_INET, socket.AF_INET6)
            ]
    found += [word for word in re.split(r"[\s,]+", os.environ.get(VARIABLE, "")) if word]
    return list(dict.fromkeys(name.casefold() for name in found))


class HostGuard:
    """ASGI middleware that refuses foreign hosts and origins, and adds `HEADERS` to responses."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(name.casefold() for name in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or a websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        refusal = self._refusal(headers)
        if refusal and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = {key.lower() for key, _ in message["headers"]}
                message = {
                    **message,
                    "headers": [
                        *message["headers"],
                        *(
                            (key.encode(), value.encode())
                            for key, value in HEADERS.items()
                            if key.encode() not in known
                        ),
                    ],
                }
            await send(message)

        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _refusal(self, headers: dict[str, str]) -> str | None:
        host = headers.get("host", "")
        if not self._allows(host):
            return (
                f"This server does not answer under the name {_name(host) or 'of this request'}; "
                f"its administrator can allow it in {VARIABLE}."
            )
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc.casefold() != host.casefold():
            return "This request comes from a page of another server."
        return None

    def _allows(self, host: str) -> bool:
        name = _name(host)
        return "*" in self._hosts or name in self._hosts or self._below_wildcard(name)

    def _below_wildcard(self, name: str) -> bool:
        return any(one.startswith("*.") and name.endswith(one[1:]) for one in self._hosts)


def _name(host: str) -> str:
    """The host of a Host header without its port and brackets, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").casefold()
    except ValueError:
        return ""
