"""Rules of the domain that need no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.times import OccurredInFuture, check_occurred
from services.bookmarks.domain import (
    EDITABLE,
    OF_LINKS,
    Edit,
    EtagMismatch,
    State,
    Target,
    TargetNotFound,
    TargetType,
    TooManyTags,
    Words,
    check_etag,
    tidy_tags,
)
from services.bookmarks.domain_shown import preview
from services.bookmarks.facts import Fact, Kind, rounds

NOW = datetime(2026, 5, 4, tzinfo=UTC)
WRITTEN = EDITABLE - OF_LINKS
TAGS = st.lists(st.text(max_size=6), max_size=20)
WORDS = st.builds(Words, note=st.none() | st.text(max_size=5), tags=TAGS.map(tuple), state=st.sampled_from(State))
FACTS = st.builds(
    Fact,
    kind=st.sampled_from(Kind),
    key=st.sampled_from(["a", "b"]).map(lambda key: (key,)),
    values=st.just(()),
    deleted=st.booleans(),
    occurred_at=st.none() | st.integers(0, 3).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)


@given(TAGS)
def test_a29_tags_are_tidy_and_stay_so(tags: list[str]) -> None:
    tidy = tidy_tags(tags)
    assert tidy == tidy_tags(tidy) == tuple(sorted(set(tidy)))
    assert all(tag and tag == tag.strip() for tag in tidy)
    assert tidy == tidy_tags([tag.upper() for tag in tidy] + list(tidy)) or any(
        tag.upper().casefold() != tag for tag in tidy
    )


@given(st.text(max_size=200))
def test_a19_a_preview_is_the_text_or_its_beginning(text: str) -> None:
    shown = preview(text)
    assert shown == text if len(text) <= 80 else shown == text[:80] + "..."


@given(WORDS, WORDS, st.frozensets(st.sampled_from(sorted(WRITTEN))))
def test_an_edit_takes_the_fields_it_names_and_keeps_the_rest(
    before: Words, wanted: Words, fields: frozenset[str]
) -> None:
    before = before.tidied()
    after = before.changed(Edit(wanted, fields))
    for name in WRITTEN:
        source = wanted.tidied() if name in fields else before
        assert getattr(after, name) == getattr(source, name)
    assert after.changed(Edit(wanted, fields)) == after


@given(WORDS, TAGS, TAGS)
def test_tags_to_take_away_win_over_those_to_add(before: Words, add: list[str], remove: list[str]) -> None:
    edit = Edit(Words(), frozenset(), tuple(add), tuple(remove))
    expected = (set(tidy_tags(before.tags)) | set(tidy_tags(add))) - set(tidy_tags(remove))
    if len(expected) > 20:
        with pytest.raises(TooManyTags):
            before.changed(edit)
    else:
        assert before.changed(edit).tags == tuple(sorted(expected))


def test_no_words_is_no_note() -> None:
    assert Words(note="").tidied() == Words()
    assert replace(Words(note="x"), tags=(" ",)).changed(Edit(Words(note=""), frozenset({"note"}))) == Words()


def test_an_etag_is_asked_only_where_one_is_given() -> None:
    for asked in (None, "", "7"):
        check_etag(asked, 7)
    for asked in ("6", "07", "x", " 7"):
        with pytest.raises(EtagMismatch):
            check_etag(asked, 7)


def test_a08_a_target_that_is_not_found_is_told_by_kind_only() -> None:
    errors = [TargetNotFound.of(Target(kind, "secret-id")) for kind in (TargetType.MESSAGE, TargetType.FILE)]
    assert [error.message for error in errors] == [
        "Message not found or access denied",
        "File not found or access denied",
    ]
    assert all(not error.metadata and not error.fields for error in errors)


@given(st.lists(FACTS, max_size=12))
def test_in_a_round_each_thing_stands_once(facts: list[Fact]) -> None:
    found = rounds(facts)
    for some in found:
        assert some
        assert len({(fact.kind, fact.key) for fact in some}) == len(some)
    assert {id(fact) for some in found for fact in some} <= {id(fact) for fact in facts}
    deletions = [fact for fact in facts if fact.deleted]
    assert sorted(map(id, deletions)) == sorted(id(fact) for some in found for fact in some if fact.deleted)


@given(st.lists(FACTS, max_size=12))
def test_the_last_word_on_each_thing_is_never_lost(facts: list[Fact]) -> None:
    def latest(some: list[Fact]) -> datetime | None:
        return max((fact.occurred_at for fact in some if fact.occurred_at and not fact.deleted), default=None)

    found = [fact for some in rounds(facts) for fact in some]
    for kind, key in {(fact.kind, fact.key) for fact in facts}:
        about, kept = ([fact for fact in some if (fact.kind, fact.key) == (kind, key)] for some in (facts, found))
        assert latest(kept) == latest(about)
        assert kept[-1] is about[-1] or about[-1].occurred_at


def test_a_thousand_updates_of_one_thing_are_one() -> None:
    updates = [Fact(Kind.USER, ("ann",), (str(number),), False, None) for number in range(1000)]
    assert rounds(updates) == [updates[-1:]]


@pytest.mark.parametrize(("ahead", "refused"), [(0, False), (60, False), (61, True), (10**6, True)])
def test_a_change_may_be_an_hour_ahead(ahead: int, refused: bool) -> None:
    facts = [Fact(Kind.USER, ("ann",), ("",), False, NOW + timedelta(minutes=minutes)) for minutes in (0, ahead)]
    if not refused:
        check_occurred((fact.occurred_at for fact in facts), NOW)
        return
    with pytest.raises(OccurredInFuture) as caught:
        check_occurred((fact.occurred_at for fact in facts), NOW)
    assert [each.field for each in caught.value.fields] == ["changes[1].occurred_at"]
