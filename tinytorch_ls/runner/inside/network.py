"""Which addresses a run may use: those of this machine that nobody else reaches."""

from __future__ import annotations

import ipaddress
from typing import Any

_SOCKETS = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
_NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
EVENTS = frozenset((*_SOCKETS, *_NAMES, "socket.getnameinfo"))


def beyond(event: str, args: tuple[Any, ...]) -> str | None:
    """The address of an audit event in `EVENTS`, if it is not of this machine alone."""
    address = args[1] if event in _SOCKETS else args[0]
    if address is None:  # connected already, or any address of this machine
        return None
    if event in _NAMES:
        return None if address in ("", b"") or _is_local(address) else _text(address)
    if not isinstance(address, tuple):  # a path is a matter of files
        return None if isinstance(address, (str, bytes)) else _text(address)
    return None if address and _is_local(address[0]) else _text(address)


def _is_local(host: Any) -> bool:
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return False
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None)
    return (mapped or number).is_loopback


def _text(address: Any) -> str:
    """For a message: "example.org:80"."""
    if isinstance(address, (bytes, bytearray)):
        return address.decode("ascii", "replace")
    if isinstance(address, tuple):
        return ":".join(str(part) or "every address" for part in address[:2])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(address)
