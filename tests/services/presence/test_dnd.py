"""When notifications are held, until when, and who passes: rows B15, B22-B24, B37, F3."""

from datetime import UTC, datetime, time, timedelta

import pytest

from services.presence.dnd import Decision, Hold, Kind, Reason, ScheduleInvalid, Settings, Window, begins, decide, hold

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
WEEKDAYS = (0, 1, 2, 3, 4)
NIGHTS = Window(tuple(range(7)), time(22), time(7))


def at(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text)


def test_nothing_set_holds_nothing() -> None:
    assert hold(Settings(), None, NOW) is None


def test_a_status_holds_as_long_as_it_lives() -> None:
    status = Hold(Reason.STATUS, NOW + timedelta(hours=1))
    assert hold(Settings(), status, NOW) == status
    assert hold(Settings(), status, NOW + timedelta(hours=1)) is None
    assert hold(Settings(), Hold(Reason.STATUS, None), NOW) == Hold(Reason.STATUS, None)


def test_a_snooze_ends_or_does_not() -> None:
    until = NOW + timedelta(minutes=5)
    assert hold(Settings(snoozed=True, snooze_until=until), None, NOW) == Hold(Reason.SNOOZED, until)
    assert hold(Settings(snoozed=True), None, NOW) == Hold(Reason.SNOOZED, None)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-18T23:00+01:00", "2026-11-19T07:00+01:00"),
        ("2026-11-19T06:59+01:00", "2026-11-19T07:00+01:00"),
        ("2026-11-19T07:00+01:00", None),
        ("2026-11-19T21:59+01:00", None),
        ("2026-11-19T22:00+01:00", "2026-11-20T07:00+01:00"),
        # The night in which clocks go forward is an hour shorter, the one in which they go back an hour longer.
        ("2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),
        ("2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_a_window_follows_the_clock_on_the_wall(now: str, until: str | None) -> None:
    held = hold(Settings(schedule=(NIGHTS,), time_zone="Europe/Berlin"), None, at(now))
    assert held == (Hold(Reason.SCHEDULED, at(until)) if until else None)


@pytest.mark.parametrize(
    ("zone", "window", "now", "until"),
    [
        # Monday there while it is still Sunday in UTC; and a Monday that ends when it is Wednesday.
        ("Pacific/Kiritimati", Window((0,), time(0), time(1)), "2026-11-15T10:30+00:00", "2026-11-15T11:00+00:00"),
        ("Pacific/Niue", Window((0,), time(20), time(18)), "2026-11-18T04:00+00:00", "2026-11-18T05:00+00:00"),
    ],
)
def test_a_window_reaches_as_far_as_its_zone_is_from_utc(zone: str, window: Window, now: str, until: str) -> None:
    settings = Settings(schedule=(window,), time_zone=zone)
    assert hold(settings, None, at(now)) == Hold(Reason.SCHEDULED, at(until))
    assert hold(settings, None, at(until)) is None


@pytest.mark.parametrize("end", [time(4), time(3, 15)])
def test_a_time_that_the_clocks_skip_is_when_they_jump(end: time) -> None:
    settings = Settings(schedule=(Window((6,), time(2, 30), end),), time_zone="Europe/Berlin")
    until = at(f"2026-03-29T{end}+02:00")
    assert hold(settings, None, at("2026-03-29T01:59:59+01:00")) is None
    assert hold(settings, None, at("2026-03-29T03:00+02:00")) == Hold(Reason.SCHEDULED, until)


def test_a_time_that_comes_twice_is_the_first() -> None:
    settings = Settings(schedule=(Window((6,), time(1), time(2, 30)),), time_zone="Europe/Berlin")
    first = at("2026-10-25T02:30+02:00")
    assert hold(settings, None, at("2026-10-25T02:29+02:00")) == Hold(Reason.SCHEDULED, first)
    assert hold(settings, None, first) is None
    assert hold(settings, None, at("2026-10-25T02:15+01:00")) is None


def test_windows_that_touch_are_one_over_the_end_of_a_week() -> None:
    sunday, monday = Window((6,), time(22), time(3)), Window((0,), time(3), time(9))
    settings = Settings(schedule=(monday, sunday), time_zone="UTC")
    end = Hold(Reason.SCHEDULED, at("2026-11-23T09:00+00:00"))
    assert hold(settings, None, at("2026-11-22T23:00+00:00")) == end
    assert hold(settings, None, at("2026-11-23T01:00+00:00")) == end
    assert hold(settings, None, at("2026-11-22T21:59+00:00")) is None


def test_the_last_days_of_the_calendar_are_days() -> None:
    """Nobody's reading may fail because somebody chose the last moment that there is."""
    last = at("9999-12-31T23:59:59+00:00")
    settings = Settings(True, last, (NIGHTS,), "Asia/Tokyo")
    assert hold(settings, Hold(Reason.STATUS, last), NOW) == Hold(Reason.STATUS, last)
    assert hold(Settings(True, last, (Window((4,), time(22), time(7)),), "UTC"), None, NOW) == Hold(
        Reason.SNOOZED, last
    )


def test_when_a_window_begins_is_known_shortly_before() -> None:
    settings = Settings(schedule=(NIGHTS,), time_zone="Europe/Berlin")
    start, minute = at("2026-11-18T22:00+01:00"), timedelta(minutes=1)
    assert begins(settings, start - minute, minute) == start
    assert begins(settings, start - 2 * minute, minute) is None
    assert begins(settings, start, minute) is None
    assert begins(Settings(), start, minute) is None


def test_holds_that_meet_are_one() -> None:
    work = Window(WEEKDAYS, time(9), time(17))
    settings = Settings(True, at("2026-11-18T09:30+00:00"), (work, NIGHTS), "UTC")
    status = Hold(Reason.STATUS, at("2026-11-18T18:00+00:00"))
    held = hold(settings, status, at("2026-11-18T08:00+00:00"))
    assert held is not None
    assert held.until == at("2026-11-18T18:00+00:00")


def test_a_schedule_without_a_gap_has_no_end() -> None:
    always = (Window(tuple(range(7)), time(0), time(12)), Window(tuple(range(7)), time(12), time(0)))
    held = hold(Settings(schedule=always, time_zone="UTC"), None, NOW)
    assert held == Hold(Reason.SCHEDULED, None)


@pytest.mark.parametrize(
    ("kind", "sender", "settings", "decision"),
    [
        (Kind.MESSAGE, "bob", Settings(), (False, Reason.SNOOZED)),
        (Kind.REMINDER, "", Settings(), (False, Reason.SNOOZED)),
        (Kind.MENTION, "bob", Settings(), (False, Reason.SNOOZED)),
        (Kind.MENTION, "bob", Settings(allow_mentions=True), (True, Reason.MENTION_ALLOWED)),
        (Kind.MESSAGE, "bob", Settings(allow_mentions=True), (False, Reason.SNOOZED)),
        (Kind.MESSAGE, "bob", Settings(allow_user_ids=("bob",)), (True, Reason.PERSON_ALLOWED)),
        (Kind.URGENT, "bob", Settings(), (True, Reason.URGENT)),
    ],
)
def test_who_passes(kind: Kind, sender: str, settings: Settings, decision: tuple[bool, Reason]) -> None:
    held = Hold(Reason.SNOOZED, NOW)
    expected = Decision(*decision, None if decision[0] else NOW)
    assert decide(settings, held, kind, sender) == expected
    assert decide(settings, None, Kind.MESSAGE, sender) == Decision(True, Reason.NOT_DISTURBED)


def test_a_schedule_must_make_sense() -> None:
    with pytest.raises(ScheduleInvalid):
        Settings(schedule=(NIGHTS,)).checked()
    with pytest.raises(ScheduleInvalid) as caught:
        Settings(schedule=(NIGHTS, Window((0,), time(9), time(9))), time_zone="UTC").checked()
    assert caught.value.fields[0].field == "schedule[1].end"
