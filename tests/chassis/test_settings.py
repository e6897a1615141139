"""Settings: what is read from the environment, and that all that is wrong with it is said at once."""

from dataclasses import dataclass

import pytest

from chassis.settings import Port, PostgresUrl, RedisUrl, Secret, SettingsError, load, variables


@dataclass(frozen=True)
class Door:
    """Settings of a part."""

    door_width: int
    door_colour: str = "red"

    def __post_init__(self) -> None:
        if self.door_width < 1:
            raise ValueError("CAIRN_DOOR_WIDTH must be 1 or more")


@dataclass(frozen=True)
class House:
    """Settings of a process."""

    door: Door
    name: str
    floors: int = 2
    height: float = 2.5
    heated: bool = False
    people: tuple[str, ...] = ()


GOOD = {"CAIRN_DOOR_WIDTH": "90", "CAIRN_NAME": "Rest"}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(House, environ)
    first, *rest = str(caught.value).splitlines()
    assert first == "Cannot start:"
    return [line.removeprefix("  - ") for line in rest]


def test_what_is_not_set_keeps_its_default() -> None:
    assert load(House, GOOD) == House(Door(90), "Rest")
    assert load(House, {**GOOD, "CAIRN_FLOORS": "", "PATH": "/bin", "CAIRN_UNKNOWN": "x"}) == House(Door(90), "Rest")


def test_each_type_is_read() -> None:
    environ = {
        **GOOD,
        "CAIRN_DOOR_COLOUR": "grün",
        "CAIRN_FLOORS": "3",
        "CAIRN_HEIGHT": "2.75",
        "CAIRN_HEATED": "True",
        "CAIRN_PEOPLE": " ann, bob ,,eve ",
    }
    assert load(House, environ) == House(Door(90, "grün"), "Rest", 3, 2.75, True, ("ann", "bob", "eve"))


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("FALSE", False), ("0", False)])
def test_a_switch_has_two_positions(text: str, value: bool) -> None:
    assert load(House, {**GOOD, "CAIRN_HEATED": text}).heated is value


def test_all_problems_are_told_at_once() -> None:
    assert problems(
        {"CAIRN_DOOR_WIDTH": "wide", "CAIRN_FLOORS": "1.5", "CAIRN_HEIGHT": "x", "CAIRN_HEATED": "yes"}
    ) == [
        "CAIRN_DOOR_WIDTH must be a whole number",
        "CAIRN_NAME is required",
        "CAIRN_FLOORS must be a whole number",
        "CAIRN_HEIGHT must be a number",
        "CAIRN_HEATED must be true or false",
    ]


def test_a_rule_of_a_part_is_told_among_them() -> None:
    assert problems({"CAIRN_DOOR_WIDTH": "0"}) == ["CAIRN_DOOR_WIDTH must be 1 or more", "CAIRN_NAME is required"]


@dataclass(frozen=True)
class Ruled:
    """One of each kind with a rule."""

    database_url: PostgresUrl
    redis_url: RedisUrl
    port: Port
    secret: Secret
    other_port: Port = 7


def test_a_rule_about_one_field_is_told_with_all_the_others() -> None:
    wrong = {
        "DATABASE_URL": "mysql://x",
        "REDIS_URL": "http://x",
        "PORT": "65536",
        "SECRET": "x" * 31,
        "OTHER_PORT": "x",
    }
    with pytest.raises(SettingsError) as caught:
        load(Ruled, {f"CAIRN_{name}": value for name, value in wrong.items()})
    assert str(caught.value).splitlines()[1:] == [
        "  - CAIRN_DATABASE_URL must start with postgresql:// or postgres://",
        "  - CAIRN_REDIS_URL must start with redis:// or rediss:// or unix://",
        "  - CAIRN_PORT must be from 0 to 65535",
        "  - CAIRN_SECRET must have at least 32 characters",
        "  - CAIRN_OTHER_PORT must be a whole number",
    ]


def test_what_keeps_its_rule_is_taken() -> None:
    good = {"DATABASE_URL": "postgres://h/d", "REDIS_URL": "rediss://h", "PORT": "0", "SECRET": "x" * 32}
    found = load(Ruled, {f"CAIRN_{name}": value for name, value in good.items()})
    assert found == Ruled("postgres://h/d", "rediss://h", 0, "x" * 32)


def test_a_wrong_value_is_not_repeated() -> None:
    assert "s3cret" not in str(problems({**GOOD, "CAIRN_FLOORS": "s3cret"}))


def test_variables_are_known_by_name() -> None:
    names = {"DOOR_WIDTH", "DOOR_COLOUR", "NAME", "FLOORS", "HEIGHT", "HEATED", "PEOPLE"}
    assert variables(House) == {f"CAIRN_{name}" for name in names}
