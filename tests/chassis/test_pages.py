"""Page tokens: they come back as they went out, or not at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.pages import Pages, PageTokenInvalid, page_size

PAGES = Pages("a secret for page tokens, 32 chars")
OTHER = Pages("another secret, just as long as it")
JSON = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=30)
SCOPES = st.tuples(st.sampled_from(["bookmarks", "collections"]), st.text(max_size=5), st.text(max_size=5))


def refused(pages: Pages, scope: tuple[Any, ...], token: str) -> bool:
    """Whether it is refused, and with the field named."""
    try:
        pages.read(scope, token)
    except PageTokenInvalid as error:
        return [each.field for each in error.fields] == ["page_token"]
    return False


@given(SCOPES, st.lists(JSON, max_size=6))
def test_a_position_comes_back_as_it_was(scope: tuple[Any, ...], position: list[Any]) -> None:
    assert PAGES.read(scope, PAGES.issue(scope, position)) == position


@given(SCOPES, SCOPES, st.lists(JSON, max_size=6))
def test_a_token_is_worth_nothing_elsewhere(
    scope: tuple[Any, ...], other: tuple[Any, ...], position: list[Any]
) -> None:
    token = PAGES.issue(scope, position)
    assert refused(PAGES, other, token) == (scope != other)
    assert refused(OTHER, scope, token)


@given(st.lists(JSON, max_size=6), st.data())
def test_an_altered_token_is_refused(position: list[Any], data: st.DataObject) -> None:
    token = PAGES.issue(("scope",), position)
    place = data.draw(st.integers(0, len(token)))
    cut = data.draw(st.integers(0, len(token) - place))
    altered = token[:place] + data.draw(st.text(max_size=3)) + token[place + cut :]
    if altered not in (token, ""):
        assert refused(PAGES, ("scope",), altered)


@given(st.text(min_size=1, max_size=60))
def test_no_other_text_is_a_token(text: str) -> None:
    assert refused(PAGES, ("scope",), text)


@pytest.mark.parametrize("value", [{"a": 1}, "text", 7, None])
def test_a_signed_text_that_is_no_position_is_refused(value: Any) -> None:
    assert refused(PAGES, ("scope",), PAGES.issue(("scope",), value))


def test_parts_of_a_scope_do_not_run_together() -> None:
    token = PAGES.issue(("a", "bc"), [1])
    for other in (("ab", "c"), ("a,b", "c"), ('a", "bc',), ("a", "bc", ""), (["a"], "bc"), (("a", "bc"),)):
        assert refused(PAGES, other, token)


def test_the_first_page_has_no_token() -> None:
    assert PAGES.read(("scope",), "") is None


@pytest.mark.parametrize(("asked", "given_size"), [(0, 50), (1, 1), (50, 50), (100, 100), (101, 100), (2**31 - 1, 100)])
def test_the_size_of_a_page(asked: int, given_size: int) -> None:
    assert page_size(asked) == given_size
