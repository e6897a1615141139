"""Where people may not send us: every trick ends before a connection is tried."""

import re
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.settings import SettingsError, load
from services.jobs.domain_outgoing import UrlInvalid, check
from services.jobs.settings import WorkerProcess
from tests.services.jobs.net import Nowhere

GOOD = {
    "CAIRN_DATABASE_URL": "postgresql://localhost/cairn",
    "CAIRN_REDIS_URL": "redis://localhost",
    "CAIRN_JOBS_QUEUE": "bulk",
}
# As a host, in brackets where it is IPv6.
ADDRESSES = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.254 127.0.0.1 127.255.0.1
    168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1
    192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1
    255.255.255.255 127.0.0.1. 169.254.169.254.
    [::] [::1] [0:0:0:0:0:0:0:1] [::7f00:1] [::127.0.0.1] [::8.8.8.8] [::ffff:127.0.0.1] [::ffff:7f00:1]
    [::ffff:10.0.0.1] [::ffff:a9fe:a9fe] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe]
    [64:ff9b::10.1.2.3] [64:ff9b:1::8.8.8.8] [64:ff9b:1::10.0.0.1] [100::1] [2001::1]
    [2001:0:4136:e378:8000:63bf:3fff:fdd2]
    [2001:2::1] [2001:10::1] [2001:20::1] [2001:db8::1] [2002:7f00:1::] [2002:a9fe:a9fe::1] [2002:808:808::1] [3ffe::1]
    [3fff::1] [5f00::1] [fc00::1] [fd00:ec2::254] [fd12:3456::1] [fe80::1] [febf::1] [fec0::1] [ff02::1] [ff0e::1]
    localhost LOCALHOST localhost. metadata.google.internal metadata.google.internal. intranet one-of-two mapped
    [::FFFF:127.0.0.1]
"""
NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "metadata.google.internal": ["169.254.169.254"],
    "intranet": ["10.1.2.3"],
    "one-of-two": ["93.184.216.34", "10.1.2.3"],
    "mapped": ["::ffff:192.168.1.1"],
    "public.example": ["93.184.216.34", "2606:2800:220:1::1"],
}
# As a URL.
TRICKS = (
    *("http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://127.1/", "http://127.0.1/"),
    *("http://0177.0.0.1/", "http://0x7f.0.0.1/", "http://0x7f.1/", "http://127.0.0.01/", "http://00127.0.0.1/"),
    *("http://127.0.0.0x1/", "http://0/", "http://0x/", "http://4294967297/", "http://256.1.1.1/", "http://1.1.1.1.1/"),
    *("http://127%2e0%2e0%2e1/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example/", "http://127.0.0.1%20/"),
    *("http://a@127.0.0.1/", "http://a:b@public.example/", "http://@public.example/", "http://:@public.example/"),
    *("http://public.example:80@127.0.0.1/", "http://127.0.0.1\\@public.example/", "http://public.example\\.a/"),
    *("http://[::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[v1.a]/"),
    *("http://[::1", "http://::1/", "http://[127.0.0.1]/", "http://①②⑦.0.0.1/", "http://ⓛocalhost/"),
    *("file:///etc/passwd", "file://localhost/etc/passwd", "gopher://public.example/", "ftp://public.example/"),
    *("dict://public.example:11211/", "data:text/plain,a", "ws://public.example/", "unix:///run/a", "javascript:a"),
    *("//public.example/", "/etc/passwd", "public.example", "http:/public.example/", "http:public.example", "http://"),
    *(
        "http:///a",
        "",
        " http://public.example/",
        "http://public.example /",
        "http://pub\tlic.example/",
        "http://a\n.b/",
    ),
    *("http://public.example:0/", "http://public.example:65536/", "http://public.example:-1/", "http://a:b/"),
    *("http://.public.example/", "http://public..example/", "http://-a.example/", f"http://{'a' * 64}.example/"),
    *("http://public.example../", "http://a*b.example/", "http://xn--\udcff.example/", "http://a/" + "b" * 2048),
)
WRONG_PORTS = ("http://public.example:22/", "https://public.example:8080/", "http://93.184.216.34:6379/")


async def test_what_is_not_public_is_not_asked() -> None:
    hosts = [*ADDRESSES.split(), "\uff11\uff12\uff17.0.0.1", "127。0。0。1", "127\uff0e0\uff0e0\uff0e1"]
    guard = Nowhere(NAMES)
    urls = [f"{scheme}://{host}/" for host in hosts for scheme in ("http", "https")]
    said = {url: await guard.failure(url) for url in urls}
    assert not {url: reason for url, reason in said.items() if reason not in ("ADDRESS_REFUSED", "URL_INVALID")}
    assert not guard.network.tried


@pytest.mark.parametrize(("urls", "reason"), [(TRICKS, "URL_INVALID"), (WRONG_PORTS, "ADDRESS_REFUSED")])
async def test_a_url_that_is_none_or_means_something_else(urls: tuple[str, ...], reason: str) -> None:
    guard = Nowhere(NAMES)
    said = {url: await guard.failure(url) for url in urls}
    assert said == dict.fromkeys(urls, reason)
    assert not guard.network.tried


@pytest.mark.parametrize("url", ["file:///a", "http://127.1/", "http://a:b@public.example/", "http://a/" + "b" * 2048])
def test_a_bad_url_is_refused_at_the_call(url: str) -> None:
    with pytest.raises(UrlInvalid):
        check(url)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("HTTP://Public.Example.:80/a/../b?c#d", "http://public.example/b?c"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://[2606:2800:220:1:0::1]:8080", "http://[2606:2800:220:1:0::1]:8080"),
        ("https://files_1.example:443/?u=http://a@b", "https://files_1.example/?u=http://a@b"),
    ],
)
def test_a_good_url_is_written_in_one_way(url: str, asked: str) -> None:
    assert check(url) == asked
    assert check(asked) == asked


@pytest.mark.parametrize("url", ["http://public.example/", "https://[64:ff9b::8.8.8.8]/", "https://[::ffff:8.8.8.8]/"])
async def test_the_public_is_asked_at_the_address_that_was_checked(url: str) -> None:
    guard = Nowhere(NAMES)
    assert await guard.failure(url) == "DOWNLOAD_FAILED"
    assert [host for host, _ in guard.network.tried] in (NAMES["public.example"], ["64:ff9b::808:808"], ["8.8.8.8"])


@pytest.mark.parametrize("entry", ["10.1.2.3", "10.0.0.0/8", "intranet", "INTRANET.", "::ffff:0:0/96, 10.1.0.0/16"])
async def test_what_the_operator_lists_is_asked_at_any_port(entry: str) -> None:
    allow = load(WorkerProcess, {**GOOD, "CAIRN_OUTGOING_ALLOW": entry}).outgoing_allow
    guard = Nowhere(NAMES, allow)
    assert await guard.failure("http://intranet:8080/") == "DOWNLOAD_FAILED"
    assert guard.network.tried == [("10.1.2.3", 8080)]
    for other in ("http://127.0.0.1/", "http://mapped/", "http://public.example:22/"):
        assert await guard.failure(other) == "ADDRESS_REFUSED"


@pytest.mark.parametrize("entry", ["http://a", "a:80", "a/b", "10.0.0.0/33", "*"])
def test_a_list_that_cannot_be_read(entry: str) -> None:
    with pytest.raises(SettingsError, match="CAIRN_OUTGOING_ALLOW must be host names, addresses or networks"):
        load(WorkerProcess, {**GOOD, "CAIRN_OUTGOING_ALLOW": f"10.0.0.1,{entry}"})


OCTETS = st.integers(0, 255).flatmap(lambda byte: st.sampled_from([str(byte), hex(byte), f"0{byte:o}", f"00{byte}"]))
V4 = st.one_of(st.ip_addresses(v=4), st.sampled_from([ip_address("127.0.0.1"), ip_address("10.0.0.1")]))
V6 = st.one_of(
    st.ip_addresses(v=6),
    st.tuples(st.sampled_from(["::", "::ffff:", "64:ff9b::", "64:ff9b:1::", "2606::"]), V4).map(
        lambda parts: ip_address(f"{parts[0]}{parts[1]}")
    ),
)
HOSTS = st.one_of(
    *(V4.map(str), V4.map(lambda address: str(int(address))), V4.map(lambda address: hex(int(address)))),
    *(V6.map(lambda address: f"[{address.exploded}]"), st.lists(OCTETS, min_size=1, max_size=4).map(".".join)),
    *(st.just("named"), st.text("01xaé.%@[]:#\\。\uff11", max_size=12)),
)
URLS = st.tuples(
    *(
        st.sampled_from(["http", "https", "HTTP", "ftp"]),
        st.sampled_from(["", "", "a@", "8.8.8.8@", "8.8.8.8\\"]),
        HOSTS,
    ),
    *(st.sampled_from(["", ".", "。"]), st.sampled_from(["", ":80", ":443", ":22", ":٨٠", "#@8.8.8.8", "\\.com"])),
).map(lambda parts: f"{parts[0]}://{parts[1]}{parts[2]}{parts[3]}{parts[4]}/")


@settings(max_examples=100)
@given(URLS, st.lists(st.one_of(V4, V6), max_size=3))
async def test_whatever_is_connected_to_was_resolved_here_and_is_public(url: str, named: list[object]) -> None:
    guard = Nowhere({"named": [str(address) for address in named]})
    assert await guard.failure(url) in ("URL_INVALID", "ADDRESS_REFUSED", "DOWNLOAD_FAILED")
    answered = {re.sub(r"^::ffff:(?=\d+\.)", "", _shown(text)) for text in guard.names.answered}
    for host, port in guard.network.tried:
        # Judged by the library this time, which knows nothing of our list.
        assert host in answered
        assert ip_address(host).is_global
        assert not ip_address(host).is_multicast
        assert port in (80, 443)


def _shown(text: str) -> str:
    address = ip_address(text)
    return str(getattr(address, "ipv4_mapped", None) or address)
