"""The JSON dialect: message to JSON to message, and each form that JSON may have."""

import math
from pathlib import Path
from typing import Any

import orjson
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor
from hypothesis import given, settings

from gateway.body import parse
from gateway.contract import Contract, load
from gateway.decode import Decoders
from gateway.encode import Encoders
from gateway.scalars import FieldError
from tests.gateway.strategies import messages

CAIRN = load((Path(__file__).parents[2] / "gen" / "cairn.binpb").read_bytes())
OURS = sorted({each.full_name: each for m in CAIRN.methods for each in (m.input, m.output)}.items())


def comes_back(contract: Contract, descriptor: Descriptor, examples: int) -> None:
    """Any message of this type is the same after having been JSON."""
    encode, decode = Encoders(contract.pool).of(descriptor), Decoders(contract.pool).of(descriptor)

    @given(messages(descriptor))
    @settings(max_examples=examples)
    def check(message: Any) -> None:
        assert type(message)(**decode(parse(orjson.dumps(encode(message))))) == message

    check()


def test_every_kind_of_field_comes_back(contract: Contract) -> None:
    comes_back(contract, contract.pool.FindMessageTypeByName("library.v1.Everything"), 300)


@pytest.mark.parametrize(("name", "descriptor"), OURS, ids=[name for name, _ in OURS])
def test_every_message_of_ours_comes_back(name: str, descriptor: Descriptor) -> None:
    assert name.startswith(("cairn.", "google."))
    comes_back(CAIRN, descriptor, 20)


@pytest.fixture
def everything(contract: Contract) -> Any:
    return message_factory.GetMessageClass(contract.pool.FindMessageTypeByName("library.v1.Everything"))


@pytest.fixture
def read(contract: Contract, everything: Any) -> Any:
    decode = Decoders(contract.pool).of(everything.DESCRIPTOR)
    return lambda value: everything(**decode(value))


@pytest.fixture
def write(contract: Contract, everything: Any) -> Any:
    encode = Encoders(contract.pool).of(everything.DESCRIPTOR)
    return lambda **fields: orjson.loads(orjson.dumps(encode(everything(**fields))))


ACCEPTED = [
    ("aGenre", "novel", 1),
    ("aGenre", "Short_Story", 2),
    ("aGenre", "GENRE_NOVEL", 1),
    ("aGenre", "genre_novel", 1),
    ("aGenre", 2, 2),
    ("a_genre", "novel", 1),
    ("aGenre", None, 0),
    ("anInt64", "9223372036854775807", 2**63 - 1),
    ("anInt64", 5.0, 5),
    ("anInt32", "-7", -7),
    ("aUint64", 2**64 - 1, 2**64 - 1),
    ("aDouble", "-Infinity", -math.inf),
    ("aDouble", "1.5", 1.5),
    ("aDouble", 3, 3.0),
    ("aBytes", "_-8", b"\xff\xef"),
    ("aBytes", "/+8=", b"\xff\xef"),
    ("maybeString", "", ""),
]


@pytest.mark.parametrize(("key", "value", "expected"), ACCEPTED)
def test_forms_that_are_understood(read: Any, key: str, value: Any, expected: Any) -> None:
    field = next(each for each in read({}).DESCRIPTOR.fields if key in (each.name, each.json_name))
    assert getattr(read({key: value}), field.name) == expected


REFUSED = [
    ({"nothing": 1}, "nothing", "is no field here"),
    ({"aBook": {"authors": [{}, {"nam": ""}]}}, "aBook.authors[1].nam", "is no field here"),
    ({"aBook": {"genre": "poem"}}, "aBook.genre", "must be one of: novel, short_story"),
    ({"aGenre": 9}, "aGenre", "must be one of: novel, short_story"),
    ({"aGenre": True}, "aGenre", "must be one of: novel, short_story"),
    ({"aString": 1}, "aString", "must be a string"),
    ({"strings": ["a", None]}, "strings[1]", "must be a string"),
    ({"strings": "a"}, "strings", "must be a list"),
    ({"aBook": []}, "aBook", "must be an object"),
    ({"anInt32": 2**31}, "anInt32", "must be from -2147483648 to 2147483647"),
    ({"anInt32": 1.5}, "anInt32", "must be a whole number"),
    ({"anInt32": True}, "anInt32", "must be a whole number"),
    ({"anInt32": "1e3"}, "anInt32", "must be a whole number"),
    ({"aUint32": -1}, "aUint32", "must be from 0 to 4294967295"),
    ({"aFloat": 1e39}, "aFloat", "is out of range"),
    ({"aDouble": "1_0"}, "aDouble", "must be a number"),
    ({"aDouble": "nan"}, "aDouble", "must be a number"),
    ({"aBool": "true"}, "aBool", "must be true or false"),
    ({"aBytes": "*"}, "aBytes", "must be base64"),
    ({"aTime": "2026-02-30T00:00:00Z"}, "aTime", "must be a time like 2026-01-31T12:00:00Z"),
    ({"aTime": "2026-01-31"}, "aTime", "must be a time like 2026-01-31T12:00:00Z"),
    ({"aTime": "0001-01-01T00:00:00+01:00"}, "aTime", "must be a time like 2026-01-31T12:00:00Z"),
    ({"times": ["2026-01-31T12:00:00Z", 5]}, "times[1]", "must be a time like 2026-01-31T12:00:00Z"),
    ({"aDuration": "1"}, "aDuration", "must be seconds, like 1.5s"),
    ({"aMask": "a b"}, "aMask", "must be field names with commas between them"),
    ({"aStruct": []}, "aStruct", "is no valid Struct"),
    ({"anAny": {"@type": "x/unknown.Type"}}, "anAny", "is no valid Any"),
    ({"counts": {"yes": 1}}, "counts.yes", "must be true or false"),
    ({"genresByNumber": {"1": "poem"}}, "genresByNumber.1", "must be one of: novel, short_story"),
    ({"chosenString": "a", "chosenInt64": 1}, "chosenInt64", "cannot be set together with chosenString"),
    ({"aString": "a", "a_string": "b"}, "a_string", "is given twice"),
    ({"aWrappedInt64": "x"}, "aWrappedInt64", "must be a whole number"),
    ({"itself": {"itself": {"x": 1}}}, "itself.itself.x", "is no field here"),
    ([], "", "must be an object"),
]


@pytest.mark.parametrize(("value", "field", "message"), REFUSED)
def test_errors_name_the_field(read: Any, value: Any, field: str, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        read(value)
    assert (caught.value.field, caught.value.message) == (field, message)


@pytest.mark.parametrize(
    ("nanos", "text"),
    [(0, "00Z"), (500_000_000, "00.500Z"), (1_000, "00.000001Z"), (1, "00.000000001Z"), (120_000_000, "00.120Z")],
)
def test_times_have_as_many_digits_as_needed(write: Any, nanos: int, text: str) -> None:
    assert write(a_time={"seconds": 1_769_860_800, "nanos": nanos})["aTime"] == f"2026-01-31T12:00:{text}"


def test_documented_fields_are_there_even_when_empty(write: Any) -> None:
    json = write()
    assert (json["strings"], json["names"], json["aString"], json["aBool"]) == ([], {}, "", False)
    assert (json["aBook"], json["maybeString"], json["maybeInt32"], json["aTime"], json["aGenre"]) == (None,) * 5
    assert not {"chosenString", "chosenInt64", "chosenBook", "chosenGenre"} & set(json)


def test_what_is_set_is_told_from_what_is_not(write: Any) -> None:
    json = write(maybe_string="", maybe_int32=0, maybe_bool=False, maybe_int64=0, chosen_string="")
    assert (json["maybeString"], json["maybeInt32"], json["maybeBool"], json["maybeInt64"]) == ("", 0, False, "0")
    assert json["chosenString"] == ""


def test_forms_of_values(write: Any) -> None:
    json = write(a_float=0.1, a_double=math.inf, an_int64=2**60, a_bytes=b"\xff", a_genre=2, counts={True: 1})
    assert (json["aFloat"], json["aDouble"], json["anInt64"]) == (0.1, "Infinity", str(2**60))
    assert (json["aBytes"], json["aGenre"], json["counts"]) == ("/w==", "short_story", {"true": "1"})


def test_a_number_of_an_enum_that_is_newer_than_we_stays_a_number(write: Any) -> None:
    assert write(a_genre=77)["aGenre"] == 77
