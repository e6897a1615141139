"""Claims, emoji and expiries: rows B02, B03, B05, B16, B17, H07, and the days on which clocks are moved."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.presence.domain import (
    PRESETS,
    Claim,
    Draft,
    EmojiInvalid,
    Expiry,
    ExpiryInvalid,
    PresetUnknown,
    Saying,
    StatusEmpty,
    changed,
    checked,
    duration,
    effective,
    named_expiry,
    preset,
    zone_of,
)

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday


def claim(id_: str, priority: int, minute: int) -> Claim:
    """A claim set at a minute of NOON's hour."""
    set_time = NOON + timedelta(minutes=minute)
    return Claim(id_, "calendar", priority, Saying("", id_, dnd=False), None, set_time, UUID(int=0))


@pytest.mark.parametrize("one", ["🎯", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "7️⃣", "👍🏽", "❤️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🧑🏾‍🚀"])
def test_one_emoji_is_one_however_long(one: str) -> None:
    assert checked(Saying(one, "", dnd=False)).emoji == one


@pytest.mark.parametrize("none", ["🎯🎯", "a", "🎯a", "7", "🇩", ":)", "👍 👍", "🇩🇪🇫🇷", "🏽"])
def test_what_is_not_one_emoji_is_refused(none: str) -> None:
    with pytest.raises(EmojiInvalid) as caught:
        checked(Saying(none, "text", dnd=False))
    assert caught.value.fields[0].field == "emoji"


@pytest.mark.parametrize("nothing", ["  ", "\u200b", "\u200d\ufeff", "\u00a0\u2003"])
def test_a_status_says_something_that_can_be_seen(nothing: str) -> None:
    assert checked(Saying("", nothing, dnd=True)) == Saying("", "", dnd=True)
    with pytest.raises(StatusEmpty):
        checked(Saying(" ", nothing, dnd=False))


def test_a_text_has_one_spelling() -> None:
    assert checked(Saying("", "Cafe\u0301", dnd=False)).text == "Caf\u00e9"


def test_presets_are_the_four() -> None:
    assert list(PRESETS) == ["meeting", "sick", "vacation", "focusing"]
    assert all(checked(saying) == saying for saying in PRESETS.values())
    with pytest.raises(PresetUnknown):
        preset("lunch")


def test_the_highest_claim_shows_and_the_newest_among_equals() -> None:
    claims = [claim("old", 50, 1), claim("new", 50, 2), claim("call", 80, 0), claim("low", 10, 9)]
    assert [each.id for each in effective(claims)] == ["call", "new", "old", "low"]


def test_a_change_keeps_the_rest() -> None:
    before = Claim("manual", "manual", 50, Saying("🎯", "Focusing", dnd=True), NOON, NOON, UUID(int=0))
    draft = Draft("manual", "manual", 50, Saying("", "Writing", dnd=False), Expiry())
    after = changed(before, draft, frozenset({"text"}))
    assert after.saying == Saying("🎯", "Writing", dnd=True)
    assert after.expiry == Expiry(at=NOON)
    assert changed(before, draft, frozenset({"expiry"})).expiry == Expiry()
    with pytest.raises(StatusEmpty):
        changed(None, draft, frozenset({"emoji"}))


@pytest.mark.parametrize(
    ("zone", "now", "today", "this_week"),
    [
        ("UTC", NOON, "2026-11-18T23:59:59+00:00", "2026-11-22T23:59:59+00:00"),
        ("Asia/Tokyo", NOON, "2026-11-18T23:59:59+09:00", "2026-11-22T23:59:59+09:00"),
        # Sunday itself, and one minute to midnight.
        ("UTC", datetime(2026, 11, 22, 23, 59, tzinfo=UTC), "2026-11-22T23:59:59+00:00", "2026-11-22T23:59:59+00:00"),
        # The clocks go forward on Sunday, and back: the end is by the clock on the wall.
        (
            "Europe/Berlin",
            datetime(2026, 3, 27, 12, tzinfo=UTC),
            "2026-03-27T23:59:59+01:00",
            "2026-03-29T23:59:59+02:00",
        ),
        (
            "America/New_York",
            datetime(2026, 11, 1, 3, tzinfo=UTC),
            "2026-10-31T23:59:59-04:00",
            "2026-11-01T23:59:59-05:00",
        ),
        # In Beirut the clocks go forward at midnight: there is no 00:00 on that day.
        (
            "Asia/Beirut",
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            "2026-03-28T23:59:59+02:00",
            "2026-03-29T23:59:59+03:00",
        ),
    ],
)
def test_days_and_weeks_end_in_the_persons_zone(zone: str, now: datetime, today: str, this_week: str) -> None:
    assert named_expiry("today", zone_of(zone), now).at == datetime.fromisoformat(today)
    assert named_expiry("this_week", zone_of(zone), now).at == datetime.fromisoformat(this_week)


def test_in_its_last_second_a_day_ends_with_the_next() -> None:
    now = datetime(2026, 11, 18, 23, 59, 59, 500_000, tzinfo=UTC)
    midnight = datetime(2026, 11, 19, tzinfo=UTC)
    assert named_expiry("today", zone_of(""), now) == Expiry(midnight, field="expires")


def test_short_names_count_from_now() -> None:
    lengths = {name: named_expiry(name, zone_of(""), NOON).after for name in ("30m", "1h", "4h", "never")}
    assert lengths == {
        "30m": timedelta(minutes=30),
        "1h": timedelta(hours=1),
        "4h": timedelta(hours=4),
        "never": None,
    }


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "../etc/passwd", "Europe", "/etc/localtime", "localtime", "Factory", "right/UTC"]
)
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ExpiryInvalid) as caught:
        zone_of(zone)
    assert caught.value.fields[0].field == "time_zone"


def test_durations_have_bounds() -> None:
    assert duration("25m", "expires_in") == timedelta(minutes=25)
    assert duration("366d", "expires_in") == timedelta(days=366)
    for text in ("0s", "367d", "99999999d"):
        with pytest.raises(ExpiryInvalid):
            duration(text, "expires_in")
