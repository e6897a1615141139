"""Which addresses may be asked: those of the public internet, and what an operator lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from chassis.settings import Rule
from services.jobs.domain_outgoing import UrlInvalid, parsed

Address: TypeAlias = IPv4Address | IPv6Address

# All else in IPv4 is public. The list is our own: what ipaddress takes for public depends on the version of Python.
NOT_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by customers of a carrier
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # tells virtual machines of Azure about themselves
        "169.254.0.0/16",  # link-local, and what tells machines of most clouds about themselves
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Nothing outside of it is public: not loopback, unique local, link-local, site-local, multicast, IPv4-compatible.
PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocols: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which leads to any IPv4
        "3ffe::/16",  # given back
        "3fff::/20",  # documentation
    )
)
# How machines that have only IPv6 reach IPv4: the last 32 bits are the address.
NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether anybody on the internet may reach it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_V4)
    if address in NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in PUBLIC_V6 and not any(address in network for network in NOT_PUBLIC_V6)


def plain(text: str) -> Address:
    """An address as it is connected to: IPv4 in the clothes of IPv6 is IPv4."""
    address = ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an operator lets us ask although it is not public: host names, and networks that names may lead to."""

    names: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Allowed":
        """From host names, addresses and networks; raises ValueError."""
        names, networks = set(), []
        for entry in entries:
            try:
                networks.append(ip_network(entry, strict=False))
            except ValueError:
                names.add(_name(entry))
        return cls(frozenset(names), tuple(networks))

    def __contains__(self, place: tuple[str, Address]) -> bool:
        """Whether this host, at this address, is listed."""
        host, address = place
        return host in self.names or any(address in network for network in self.networks)


def _name(entry: str) -> str:
    try:
        url = parsed(f"http://{entry}/")
    except UrlInvalid as error:
        raise ValueError(f"not a host name: {entry}") from error
    if ":" in entry or url.path != "/":
        raise ValueError(f"not a host name: {entry}")
    return url.raw_host.decode("ascii")


def _readable(entries: tuple[str, ...]) -> bool:
    try:
        Allowed.of(entries)
    except ValueError:
        return False
    return True


READABLE = Rule(_readable, "must be host names, addresses or networks, separated by commas")
