"""When two addresses are the same link: proof H26, H27, row C46."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.bookmarks.domain_hosts import canonical_site
from services.bookmarks.domain_links import UrlInvalid, canonical, media_class, on_host

HOSTS = st.sampled_from(
    ["www.www.a.org", "WWW.com", "münchen.de", "a.b.", "1.2.3.4", "[::FFFF:1.2.3.4]", "a_b.org", "x"]
)
REST = st.text("ab/.?&=#%+;:@!_~-é \\2aF", max_size=30) | st.text(max_size=20)
URLS = st.builds(
    "{}{}{}/{}".format,
    st.sampled_from(["http://", "HTTPS://"]),
    HOSTS,
    st.sampled_from(["", ":", ":80", ":8080"]),
    REST,
)


@given(URLS)
@example("http://a.org:443//..//%2e%2E/a//?&b&utm_source=1&a=%zz%41+#!/x//")
@example("https://a.org/#//")
def test_what_is_normalised_stays_as_it_is(url: str) -> None:
    try:
        once = canonical(url)
    except UrlInvalid:
        return
    for scheme in ("http", "https"):
        assert canonical(f"{scheme}://{once.text}")[1:] == once[1:]
    assert urlsplit(f"//{once.text}").netloc.removesuffix(":8080") == once.site
    assert not re.search(r"[^!-~]|utm_", once.text.partition("#")[0])


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://a.org/b/c?x=1&y=&x=0&z", "a.org/b/c?x=1&x=0&y=&z"),
        ("https://a.org/?q=a+b&ref=main&Fbclid=1&_ga=2&utm_x", "a.org?q=a%20b&ref=main"),
        ("https://a.org/b?#part", "a.org/b"),
        ("https://a.org/#/inbox/7/", "a.org#/inbox/7"),
        ("https://a.org/#!inbox", "a.org#!inbox"),
        ("https://a.org/%2Fb%2c%7ec", "a.org/%2Fb%2C~c"),
        ("https://[2001:DB8:0::1]:8443/", "[2001:db8::1]:8443"),
        ("https://www.BÜCHER.example.:443/ä", "xn--bcher-kva.example/%C3%A4"),
        ("https://a.org/B", "a.org/B"),
        ("http://my_blog.a.org:8080", "my_blog.a.org:8080"),
    ],
)
def test_the_rules_one_by_one(url: str, text: str) -> None:
    assert canonical(url).text == text


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "a.org",
            "ftp://a.org/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://",
            "http:///a",
            "mailto:a@b.org",
        ),
        *(
            "http://ann@a.org/",
            "http://ann:secret@a.org/",
            "http://@a.org/",
            "http://a.org\\@b.org/",
            "http://a b.org/",
        ),
        *("http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://1.2.3.4.5/"),
        *("http://a.org:99999/", "http://a.org:x/", "http://[::1/", "http://[::1]x/", "http://[fe80::1%25eth0]/"),
        *(
            "http://a..org/",
            "http://-a.org/",
            "http://.org/",
            "http://a.org/\x00",
            f"http://{'a' * 254}/",
            "http://a.org/" + "b" * 2048,
        ),
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UrlInvalid) as caught:
        canonical(url, "url")
    assert [each.field for each in caught.value.fields] == ["url"]


@pytest.mark.parametrize(
    ("site", "names", "there"),
    [
        ("netflix.com", ["x.com"], False),
        ("mediumrare.com", ["medium.com"], False),
        ("dropbox.com", ["box.com"], False),
        ("m.imdb.com", ["imdb.com"], True),
        ("imdb.com", ["x.com", "imdb.com"], True),
        ("imdb.com.evil.org", ["imdb.com"], False),
        ("com", ["imdb.com"], False),
    ],
)
def test_h26_a_host_is_matched_by_whole_labels(site: str, names: list[str], there: bool) -> None:
    assert on_host(site, names) is there


@pytest.mark.parametrize(
    ("url", "media_type", "expected"),
    [
        ("https://x.com/ann/status/12", "text/html", "tweet"),
        ("https://mobile.twitter.com/ann/status/12?s=20", "", "tweet"),
        ("https://netflix.com/ann/status/12", "", "link"),
        ("https://x.com/ann", "", "link"),
        ("https://www.instagram.com/reel/abc/", "video/mp4", "instagram"),
        ("https://instagram.com/ann/", "text/html", "link"),
        ("https://a.org/", "application/pdf", "document"),
        ("https://a.org/", "application/vnd.oasis.opendocument.text", "document"),
        ("https://a.org/", "video/webm", "video"),
        ("https://a.org/", "audio/ogg", "audio"),
        ("https://a.org/", "image/svg+xml", "image"),
        ("https://a.org/", "application/pdfx", "link"),
    ],
)
def test_c42_posts_are_told_by_their_address_and_the_rest_by_media_type(
    url: str, media_type: str, expected: str
) -> None:
    address = canonical(url)
    assert media_class(address.site, address.path, media_type) == expected


def test_a_site_to_look_for_is_written_as_links_have_it() -> None:
    assert [canonical_site(name) for name in (" WWW.Bücher.example ", "a b")] == ["xn--bcher-kva.example", "a b"]
