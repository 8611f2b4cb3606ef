"""What a Connector URL may be: https, or http to this machine alone, and never an address that is nobody's.

The text alone is judged here. Which address a name resolves to is checked when it is connected to, by `gateway`, with
`refused_address` below.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL_CHARACTERS = 2048
Address = IPv4Address | IPv6Address

_LOCALHOST = "localhost"
_HOST_NAME = re.compile(r"(?!-)[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)*\.?")
_LAST_LABEL_IS_NUMBER = re.compile(r"(.*\.)?(0[xX][0-9a-fA-F]*|[0-9]+)\.?", re.ASCII)
_NAT64 = IPv6Network("64:ff9b::/96")


def check_connector_url(text: str) -> list[str]:
    """Return everything that is wrong with a Connector URL, as sentences that say what would be right."""
    if not text:
        return ["Connector URL is empty; right would be a URL such as https://gateway.example.com/pay."]
    problems = []
    if len(text) > MAX_URL_CHARACTERS:
        problems.append(f"The URL has {len(text)} characters; at most {MAX_URL_CHARACTERS} are allowed.")
    if not text.isprintable() or any(sign in text for sign in ' \\"<>^`{|}'):
        # Two programs may read such a URL in two ways, so nothing more can be said of it.
        return [*problems, "The URL has a space, a control character or a sign that must be written as %xx."]
    try:
        url = urlsplit(text)
    except ValueError:
        return [
            *problems,
            "The URL cannot be read; an IPv6 address stands in brackets, as in https://[2001:db8::1]/pay.",
        ]
    if "#" in text:
        problems.append("The URL has a fragment (#…), which is never sent; leave it out.")
    if "@" in url.netloc:
        problems.append("The URL has a user name or password; credentials belong in Static JSON or in the settings.")
    return problems + _place_problems(url)


def _place_problems(url: SplitResult) -> list[str]:
    """Return what is wrong with scheme, host and port."""
    problems = []
    host = _host(url)
    if url.scheme not in {"https", "http"}:
        problems.append("The URL begins with https://, or with http:// for a gateway on this machine.")
    if not host:
        problems.append("The URL names no host; right would be a URL such as https://gateway.example.com/pay.")
    elif not is_host(host):
        problems.append(f"{host!a} is not a host name or an IP address.")
    elif (address := literal_address(host)) is not None and (reason := refused_address(address)):
        problems.append(f"{host} is {reason}; no gateway is there.")
    elif url.scheme == "http" and not is_loopback_host(host):
        problems.append(f"Without https only this machine may be reached (localhost, 127.0.0.1, [::1]), not {host}.")
    if not _port_is_right(url):
        problems.append("The port is a number from 1 to 65535.")
    return problems


def _host(url: SplitResult) -> str:
    try:
        return url.hostname or ""
    except ValueError:
        return ""


def _port_is_right(url: SplitResult) -> bool:
    try:
        port = url.port
    except ValueError:
        return False
    return port != 0 and not url.netloc.endswith(":")


def is_host(host: str) -> bool:
    """Tell whether `host` is an IP address in its usual form or a host name (which may hold letters of any script).

    Other spellings of an address (`127.1`, `0x7f.0.0.1`, `2130706433`), which some resolvers take, are neither.
    """
    if literal_address(host) is not None:
        return True
    is_short = len(host) <= 253 and all(len(label) <= 63 for label in host.split("."))
    return is_short and _HOST_NAME.fullmatch(host) is not None and not _LAST_LABEL_IS_NUMBER.fullmatch(host)


def literal_address(host: str) -> Address | None:
    """Return the IP address that `host` is, without brackets; None if it is a name."""
    if "%" in host:
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_loopback_host(host: str) -> bool:
    """Tell whether `host` is this machine: `localhost`, or an address that is loopback."""
    address = literal_address(host)
    return host.lower() == _LOCALHOST if address is None else unwrapped(address).is_loopback


def refused_address(address: Address) -> str | None:
    """Return what kind of address this is if no gateway may be there (it completes "is …"), or None."""
    inner = unwrapped(address)
    if inner.is_unspecified:
        return "the unspecified address"
    if inner.is_link_local:
        return "a link-local address"
    if inner.is_multicast:
        return "a multicast address"
    return None


def unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped or NAT64), else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
