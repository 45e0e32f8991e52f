"""Free ports of loopback for a site that is made up. They are below those that the kernel gives to connections, one
of which could take a port before we do."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack, suppress

_PORTS = range(10_000, 16_000)  # audio of a test switch is above


def free_ports(count: int) -> list[int]:
    """So many that nobody listens on now."""
    with ExitStack() as bound:
        ports: list[int] = []
        while len(ports) < count:
            with suppress(OSError):
                ports.append(_bind(bound, secrets.choice(_PORTS)))
        return ports


def free_port() -> int:
    """One that nobody listens on now."""
    (port,) = free_ports(1)
    return port


def free_sip_port() -> int:
    """One that is free for TCP and UDP both: SIP listens on one number for the two."""
    while True:
        port = free_port()
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", port))
            return port


def free_row(count: int) -> int:
    """The first of so many in a row."""
    while True:
        first = secrets.choice(_PORTS[:-count])
        with ExitStack() as bound, suppress(OSError):
            for port in range(first, first + count):
                _bind(bound, port)
            return first


def _bind(bound: ExitStack, port: int) -> int:
    bound.enter_context(socket.create_server(("127.0.0.1", port)))
    return port
