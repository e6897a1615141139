"""The OpenAPI document: valid, true to the contract, with examples that are valid too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis

from gateway import docs_page, openapi
from gateway.contract import Contract, Policy, load
from gateway.openapi_examples import Examples
from gateway.upstreams import SERVED_BY, Backends

CAIRN = load((Path(__file__).parents[2] / "gen" / "cairn.binpb").read_bytes())
Document = dict[str, Any]


@pytest.fixture(params=["library", "cairn"])
def document(request: pytest.FixtureRequest, contract: Contract) -> Document:
    """The document of either contract."""
    served = {"library.v1.Library": ("library",)}
    backends = Backends(contract, served, {}) if request.param == "library" else Backends(CAIRN, SERVED_BY, {})
    return openapi.document(backends, "1.2.3")


@pytest.fixture
def library_document(contract: Contract) -> Document:
    return openapi.document(Backends(contract, {"library.v1.Library": ("library",)}, {}), "1")


@pytest.fixture
def cairn_document() -> Document:
    return openapi.document(Backends(CAIRN, SERVED_BY, {}), "1")


def operations(document: Document) -> Iterator[Document]:
    for item in document["paths"].values():
        yield from item.values()


def test_it_is_valid_openapi(document: Document) -> None:
    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(document).validate()
    ids = [operation["operationId"] for operation in operations(document)]
    assert len(set(ids)) == len(ids) > 10


def test_all_schemas_are_valid_and_all_references_lead_somewhere(document: Document) -> None:
    for name in document["components"]["schemas"]:
        jsonschema_rs.validator_for({**document, "$ref": f"#/components/schemas/{name}"})


def test_examples_are_valid(document: Document) -> None:
    seen = 0
    for operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        shown = [(content["schema"], content["example"])] if content else []
        shown += [(each["schema"], each["example"]) for each in operation["parameters"] if "example" in each]
        for schema, example in shown:
            validator = jsonschema_rs.validator_for({**document, **schema}, validate_formats=True)
            assert list(validator.iter_errors(example)) == [], operation["operationId"]
            seen += 1
    assert seen > 8


def test_paths_and_parameters(library_document: Document) -> None:
    paths = library_document["paths"]
    assert {"/v1/shelves/{parent}/books", "/v1/files/{path}", "/v1/books/{id}:archive"} <= set(paths)
    listed = {each["name"]: each for each in paths["/v1/books"]["get"]["parameters"] if "name" in each}
    assert listed["genres"]["schema"] == {
        "type": "array",
        "items": {"type": "string", "enum": ["novel", "short_story"]},
    }
    assert listed["author.born"]["schema"] == {
        "type": "integer",
        "minimum": 1000,
        "maximum": 2**31 - 1,
        "exclusiveMaximum": 3000,
    }
    patch = paths["/v1/books/{id}"]["patch"]
    assert "If-Match" in [each.get("name") for each in patch["parameters"]]
    assert "id" not in patch["requestBody"]["content"]["application/json"]["schema"]["properties"]


def test_bodies_carry_limits(library_document: Document) -> None:
    schemas = library_document["components"]["schemas"]
    assert schemas["BookInput"]["properties"]["title"] == {"type": "string", "minLength": 1, "maxLength": 40}
    assert schemas["BookInput"]["required"] == ["title"]
    assert schemas["BookInput"]["additionalProperties"] is False
    assert schemas["Book"]["properties"]["authors"]["description"] == "Who wrote it."
    assert set(schemas["Book"]["required"]) == {"id", "title", "genre", "etag", "authors"}
    assert "chosenString" not in schemas["Everything"]["required"]


def test_answers_are_those_that_are_possible(library_document: Document) -> None:
    paths = library_document["paths"]
    create = paths["/v1/shelves/{parent}/books"]["post"]["responses"]
    assert {"200", "201", "400", "409", "413", "415", "429"} <= set(create)
    assert "BOOK_EXISTS" in create["409"]["description"]
    assert "403" not in create
    assert {"204"} <= set(paths["/v1/books/{id}"]["delete"]["responses"])
    assert "413" not in paths["/v1/books/{id}"]["get"]["responses"]
    assert "403" in paths["/v1/import"]["post"]["responses"]
    assert set(paths["/v1/watch"]["get"]["responses"]["200"]["content"]) == {
        "text/event-stream",
        "application/x-ndjson",
    }


def test_nothing_is_answered_from_a_cache_but_files_that_may_be_kept(document: Document) -> None:
    for operation in operations(document):
        kept = "Cache-Control" in operation["responses"].get("200", {}).get("headers", {})
        content = operation["responses"].get("200", {}).get("content", {})
        is_file = kept and "*/*" in content
        assert ("304" in operation["responses"]) is is_file
        assert ("If-None-Match" in [each.get("name") for each in operation["parameters"]]) is is_file


def sys_of(document: Document, path: str, verb: str, status: str) -> Document:
    content = document["paths"][path][verb]["responses"][status]["content"]
    found: Document = content["application/json"]["schema"]["properties"]["sys"]
    return found


def test_what_answers_are_about(cairn_document: Document) -> None:
    toggled = sys_of(cairn_document, "/api/v1/bookmarks/toggle", "post", "200")
    assert toggled["properties"] == {"entity": {"const": "bookmark"}, "id": {"type": "string"}}
    assert toggled["required"] == ["entity"]
    saved = sys_of(cairn_document, "/api/v1/bookmarks", "post", "201")
    assert saved == sys_of(cairn_document, "/api/v1/bookmarks", "post", "200") == toggled
    assert sys_of(cairn_document, "/api/v1/bookmarks/{id}", "get", "200")["required"] == ["entity", "id"]
    checked = sys_of(cairn_document, "/api/v1/bookmarks/check", "post", "200")
    assert checked["properties"] == {"entity": {"const": "check-bookmarks"}}


SHOWN = {
    ("/api/v1/bookmarks", "post"): {"target": {"messageId": "m-007"}},
    ("/api/v1/bookmarks/check", "post"): {"targets": [{"messageId": "m-007"}]},
    ("/api/v1/bookmarks/batch-remove", "post"): {"targets": [{"messageId": "m-007"}]},
    ("/api/v1/bookmarks/{id}", "patch"): {"note": "Ask about this on Thursday"},
    ("/api/v1/bookmarks/collections", "post"): {"name": "To read"},
    ("/api/v1/feed", "post"): {"changes": [{"user": {"id": "robin"}}]},
}


@pytest.mark.parametrize(("path", "verb"), SHOWN)
def test_examples_show_what_is_required_and_exists(cairn_document: Document, path: str, verb: str) -> None:
    body = cairn_document["paths"][path][verb]["requestBody"]["content"]["application/json"]
    assert body["example"] == SHOWN[path, verb]


def test_targets_in_examples_are_in_the_sample_workspace() -> None:
    sample = (Path(__file__).parents[2] / "examples" / "workspace.ndjson").read_text()
    for name, kind in (("messageId", "message"), ("fileId", "file")):
        shown = Examples({}).of({"type": "string"}, name)
        assert f'"{kind}": {{"id": "{shown}"' in sample


def test_a_method_without_a_sentence_has_a_title(library_document: Document) -> None:
    titles = {operation["operationId"]: operation["summary"] for operation in operations(library_document)}
    assert (titles["Library_GetBook"], titles["Library_ListBooks"]) == ("Get book", "List books")
    page = docs_page.render(library_document)
    assert all(title and f"<h3>{title}</h3>" in page for title in titles.values())


def test_who_may_call(library_document: Document) -> None:
    paths = library_document["paths"]
    assert paths["/v1/import"]["post"]["security"] == [{"service": []}]
    assert paths["/v1/books"]["get"]["security"] == [{"bearer": []}, {"service": []}]
    assert {} in paths["/v1/echo"]["get"]["security"]


def test_what_the_contract_leaves_open_is_for_services(contract: Contract) -> None:
    hidden = next(method for method in contract.methods if method.name == "Hidden")
    assert hidden.policy.audience == Policy.AUDIENCE_SERVICE


TARGETS: list[tuple[Document, bool]] = [
    ({"messageId": "m"}, True),
    ({"messageId": None, "fileId": "f"}, True),
    ({"messageId": "m", "fileId": "f"}, False),
    ({"messageId": None}, False),
    ({}, False),
    ({"messageId": "m", "url": "u"}, False),
]


def test_our_own_contract(cairn_document: Document) -> None:
    update = cairn_document["paths"]["/api/v1/bookmarks/{id}"]["patch"]
    assert update["summary"] == "Changes what the person wrote on a bookmark; only fields in the mask change"
    assert "ETAG_MISMATCH" in update["responses"]["412"]["description"]
    toggle = cairn_document["paths"]["/api/v1/bookmarks/toggle"]["post"]
    assert "IDEMPOTENCY_KEY_REUSED" in toggle["responses"]["422"]["description"]
    target = cairn_document["components"]["schemas"]["TargetInput"]
    assert "messageId, fileId or url required" in target["description"]
    assert target["properties"]["messageId"]["pattern"] == r"^\P{C}*$"
    validator = jsonschema_rs.validator_for({**cairn_document, **target})
    for value, is_valid in TARGETS:
        assert validator.is_valid(value) is is_valid, value
    listed = cairn_document["components"]["schemas"]["SaveBookmarkRequestInput"]["properties"]["tags"]
    assert (listed["maxItems"], listed["items"]["maxLength"]) == (20, 64)


def test_the_answers_are_what_the_document_says(library_document: Document, client: httpx.Client) -> None:
    for path, verb, template in [
        ("/v1/books/1", "get", "/v1/books/{id}"),
        ("/v1/books?pageSize=2", "get", "/v1/books"),
        ("/v1/books/count", "get", "/v1/books/count"),
        ("/v1/echo?chosenString=a", "get", "/v1/echo"),
    ]:
        answer = client.request(verb, path)
        schema = library_document["paths"][template][verb]["responses"]["200"]["content"]["application/json"]["schema"]
        assert list(jsonschema_rs.validator_for({**library_document, **schema}).iter_errors(answer.json())) == []
    error = client.get("/nothing").json()
    schema = {**library_document, "$ref": "#/components/schemas/Error"}
    assert jsonschema_rs.validator_for(schema).is_valid(error)


def test_the_pages(client: httpx.Client) -> None:
    assert client.get("/openapi.json").json()["openapi"] == "3.1.0"
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "ratelimit-limit" not in page.headers


def test_the_reference_lists_everything_and_needs_nothing(document: Document) -> None:
    page = docs_page.render(document)
    for operation in operations(document):
        assert f'<section id="{operation["operationId"]}">' in page
        assert f'href="#{operation["operationId"]}"' in page
    for name in document["components"]["schemas"]:
        assert f'id="schema-{name}"' in page
    assert not [word for word in ("<script", 'href="http', "src=", "url(") if word in page]
    assert page.count("curl -X") == len(list(operations(document)))
