import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.routes import Routes
from gateway.templates import REST, STAR, Template, TemplateError, Variable, parse

PARSED = {
    "/v1/books": Template(("v1", "books")),
    "/v1/books/{id}": Template(("v1", "books", "*"), (Variable("id", 2, 3, many=False),)),
    "/v1/{name=shelves/*}/books": Template(("v1", "shelves", "*", "books"), (Variable("name", 1, 3, many=True),)),
    "/v1/{path=**}": Template(("v1", "**"), (Variable("path", 1, None, many=True),)),
    "/v1/{book.id}:archive": Template(("v1", "*"), (Variable("book.id", 1, 2, many=False),), "archive"),
    "/v1/*/x:do": Template(("v1", "*", "x"), (), "do"),
    "/v1/{id=*}": Template(("v1", "*"), (Variable("id", 1, 2, many=False),)),
}


@pytest.mark.parametrize("text", PARSED)
def test_templates_are_read(text: str) -> None:
    assert parse(text) == PARSED[text]


BROKEN = ["", "v1", "/", "/v1/", "/v1//x", "/v1/{id", "/v1/{id}x", "/v1/x{id}", "/{a}{b}", "/{}", "/{a=}", "/{a}/{a}"]
BROKEN += ["/**/x", "/{a=**}/x", "/v1/{1a}", "/v1/{a..b}", "/v1/a b", "/{a=x/{b}}", "/v1/***"]


@pytest.mark.parametrize("text", BROKEN)
def test_broken_templates_are_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        parse(text)


def found(paths: list[str], path: str) -> tuple[str, dict[str, str]] | None:
    routes: Routes[str] = Routes()
    for text in paths:
        routes.add("GET", parse(text), text)
    match = routes.find(path)
    if match is None:
        return None
    template, text = match.methods["GET"]
    return text, template.values(match.segments)


ALL = ["/b/{id}", "/b/count", "/b/{id}:archive", "/b/count/x", "/{a}/{b}/y", "/f/{path=**}", "/s/{n=x/*}/z", "/e/f%20g"]
MATCHES = {
    "/b/1": ("/b/{id}", {"id": "1"}),
    "/b/count": ("/b/count", {}),
    "/b/c%6Funt": ("/b/count", {}),
    "/b/count/y": ("/{a}/{b}/y", {"a": "b", "b": "count"}),
    "/b/a%2Fb": ("/b/{id}", {"id": "a/b"}),
    "/b/%C3%A9%20+": ("/b/{id}", {"id": "é +"}),
    "/b/%2561": ("/b/{id}", {"id": "%61"}),
    "/b/%zz": ("/b/{id}", {"id": "%zz"}),
    "/b/1:archive": ("/b/{id}:archive", {"id": "1"}),
    "/b/1%3Aarchive": ("/b/{id}", {"id": "1:archive"}),
    "/b/1:other": ("/b/{id}", {"id": "1:other"}),
    "/f/a/b%2Fc/d": ("/f/{path=**}", {"path": "a/b%2Fc/d"}),
    "/f": ("/f/{path=**}", {"path": ""}),
    "/s/x/1/z": ("/s/{n=x/*}/z", {"n": "x/1"}),
    "/e/f%20g": ("/e/f%20g", {}),
    "/b/": None,
    "/b": None,
    "/b/1/": None,
    "//1": None,
    "/B/1": None,
    "/s/y/1/z": None,
}


@pytest.mark.parametrize("path", MATCHES)
def test_paths_are_matched(path: str) -> None:
    assert found(ALL, path) == MATCHES[path]


def test_a_path_that_is_no_utf8_is_an_error() -> None:
    with pytest.raises(UnicodeDecodeError):
        found(ALL, "/b/%FF")


def test_two_routes_at_one_place_are_an_error() -> None:
    with pytest.raises(ValueError, match="two routes"):
        found(["/a/{b}", "/a/{c}"], "/a/1")


LITERALS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=5)
NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=5)
VALUES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@st.composite
def templates(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """A template, and values for its variables."""
    parts: list[str] = draw(st.lists(LITERALS, min_size=1, max_size=3))
    values: dict[str, str] = {}
    for name in draw(st.lists(NAMES, unique=True, max_size=3)):
        pattern = draw(st.sampled_from(["", "=*", "=x/*", "=*/y/*"]))
        filled = [part.replace("*", draw(VALUES).replace("/", "|")) for part in (pattern[1:] or STAR).split("/")]
        values[name] = "/".join(filled) if "/" in pattern else draw(VALUES)
        parts.append(f"{{{name}{pattern}}}")
    if draw(st.booleans()):
        parts.append(f"{{rest={REST}}}")
        values["rest"] = "/".join(draw(st.lists(VALUES, max_size=3)))
    return "/" + "/".join(parts) + draw(st.sampled_from(["", ":verb"])), values


@given(templates())
def test_formatting_is_undone_by_matching(made: tuple[str, dict[str, str]]) -> None:
    text, values = made
    assume("rest" not in values or text.count("rest") == 1)
    path = parse(text).format(values)
    assert found([text], path) == (text, values)
