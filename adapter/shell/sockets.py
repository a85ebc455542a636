"""Sockets to backends: judged by the very address they are about to be connected to.

A name is looked up once for each connection, and what is judged is what is connected to: a name that answers one
address to the judge and another to the caller has no moment to do so.
"""

import socket
from typing import Any

from adapter.core.files.addresses import explain_address


class ForbiddenAddress(OSError):
    """An address that no order is sent to; nothing has left when it is raised."""


def open_public_socket(found: Any) -> socket.socket:
    """A socket for one address as a look-up gives it; ``ForbiddenAddress`` unless it is a public one."""
    family, kind, protocol, _, address = found
    if why := explain_address(address[0]):
        raise ForbiddenAddress(f"{address[0]} is {why}")
    return socket.socket(family=family, type=kind, proto=protocol)
