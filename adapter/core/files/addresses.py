"""Addresses of backends: what a base URL may be, and which addresses of the net no order is sent to.

A base URL that leads inside lets whoever writes it, or whoever answers for its name, talk to machines that trust us.
"""

from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import urlsplit

# Ports at which backends on the open net listen; none is 443.
PORTS = (None, 443, 8443)

# RFC 6890 and the registries it began, and what clouds keep at addresses that look like everybody's.
SPECIAL = {
    ip_network(network): why
    for network, why in {
        "0.0.0.0/8": "this network",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "shared by carriers, and where a cloud keeps its metadata",
        "127.0.0.0/8": "this machine",
        "168.63.129.16/32": "a cloud's host",
        "169.254.0.0/16": "link-local, and where clouds keep their metadata",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "for protocols, and where a cloud keeps its metadata",
        "192.0.2.0/24": "for documents",
        "192.31.196.0/24": "an anycast of name servers",
        "192.52.193.0/24": "for multicast tunnels",
        "192.88.99.0/24": "for relays of 6to4",
        "192.168.0.0/16": "private",
        "192.175.48.0/24": "an anycast of name servers",
        "198.18.0.0/15": "for benchmarks",
        "198.51.100.0/24": "for documents",
        "203.0.113.0/24": "for documents",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved",
        "2001::/23": "for protocols and tunnels",
        "2001:db8::/32": "for documents",
        "2002::/16": "an IPv4 address inside 6to4",
        "2620:4f:8000::/48": "an anycast of name servers",
        "3fff::/20": "for documents",
    }.items()
}
# Everything else of IPv6 is loopback, local, an IPv4 address in disguise, multicast or nobody's.
UNICAST = ip_network("2000::/3")


def is_url(text: str) -> bool:
    """Whether a text is an http or https URL with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that no machine has
        return False


def explain_url(url: str) -> str:
    """Why orders must not go to a URL over the open net; empty where they may."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return f"expected an https URL, found {url!r}"
    if "@" in parts.netloc or parts.query or parts.fragment:  # not shown: it may be a password
        return "expected a URL without credentials, query and fragment"
    if parts.port not in PORTS:
        return f"expected the port 443 or 8443, found {parts.port}"
    try:
        why = explain_address(parts.hostname or "")
    except ValueError:  # a name; what it stands for is judged when it is called
        return ""
    return f"expected a public address, found {parts.hostname}: {why}" if why else ""


def explain_address(text: str) -> str:
    """Why no order is sent to an IP address; empty where one may be. A ``ValueError`` where it is none."""
    address = ip_address(text.partition("%")[0])  # what is behind it names an interface
    if not isinstance(address, IPv4Address) and address not in UNICAST:
        return "no public address of IPv6"
    return next((why for network, why in SPECIAL.items() if address in network), "")
