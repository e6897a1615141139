"""The host of an address, in one spelling."""

import ipaddress
import re
from urllib.parse import unquote

import idna

MAX_HOST = 253
HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")


def host_of(host: str) -> str:
    """A host in its one spelling, without www.; ValueError where it is none."""
    if host.startswith("["):
        return f"[{_ipv6(host[1:-1])}]"
    name = unquote(host, errors="strict")
    # What is ASCII is taken as resolvers take it: many hosts have a _ in their name, which IDNA has not.
    name = (name if name.isascii() else idna.encode(name, uts46=True).decode()).lower().removesuffix(".")
    if len(name) > MAX_HOST or not HOST.fullmatch(name):
        raise ValueError
    if name.rpartition(".")[2].isdigit() or name.rpartition(".")[2].startswith("0x"):
        # What ends in a number is an address; of its spellings only the plain one is let in.
        return str(ipaddress.IPv4Address(name))
    while name.startswith("www.") and name.count(".") > 1:
        name = name[4:]
    return name


def _ipv6(text: str) -> str:
    address = ipaddress.IPv6Address(text)
    if address.scope_id:
        raise ValueError
    if address.ipv4_mapped:
        # How Python writes these differs between its versions.
        number = int(address.ipv4_mapped)
        return f"::ffff:{number >> 16:x}:{number & 0xFFFF:x}"
    return str(address)


def canonical_site(host: str) -> str:
    """A host as links are found by it; as it is where it is none."""
    try:
        return host_of(host.strip())
    except ValueError:
        return host
