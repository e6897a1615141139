"""The OpenAPI document is valid, complete, and true: every operation is called from it."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import jsonschema_rs
import pytest
import schemathesis

from tests.system.pictured import imported, pictured
from tests.system.workspace import BOOKMARKS, COLLECTIONS, FEED, PRESENCE, SEARCH, UNLIMITED, Person, Workspace

Operation = tuple[str, str, dict[str, Any]]
STREAM, LINES = "text/event-stream", "application/x-ndjson"
# What the examples of the document cannot know: who and what there is.
NAMES = {"userId": "bob", "claimId": "call"}
# And which field to give where any one of several will do.
GIVEN = {f"{PRESENCE}/claims/{{claimId}}": {"text": "In a call"}}
ASKED = {
    SEARCH: {"query": "lighthouse"},
    "/api/v1/memories/search": {"query": "lighthouse"},
    f"{BOOKMARKS}/check-url": {"url": "https://example.com/"},
}
FORMS = {f"{BOOKMARKS}/import": {"file": ("links.csv", b"url\nhttp://10.0.0.1/\n")}}
JOB_INFO = {"name": "Keeper", "description": "Lamps.", "experienceLevel": "junior"}
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def document(workspace: Workspace) -> dict[str, Any]:
    """/openapi.json."""
    answer = workspace.client().get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    document: dict[str, Any] = answer.json()
    return document


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Every operation: method, path, and what the document says of it."""
    for path, item in document["paths"].items():
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
            yield method.upper(), path, item[method]


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    while "$ref" in node:
        place: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        node = place
    return node


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_operation_tells_of_its_errors_and_credentials(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) >= {"bearer", "service"}
    for _, path, operation in operations(document):
        expected = {"429", "500", "503"} | ({"401"} if operation["security"] else set())
        assert expected <= set(operation["responses"]), path
        assert operation["summary"]
        if path.endswith("/{id}"):
            assert "404" in operation["responses"], path


def example(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    """The body that the document gives as an example."""
    body = operation.get("requestBody")
    # A form has none.
    content = resolved(document, body)["content"].get("application/json") if body else None
    return dict(content["example"]) if content else None


def placed(value: Any, ids: dict[str, str]) -> Any:
    """An example, with ids that exist in the place of those made up."""
    if isinstance(value, dict):
        return {key: ids.get(key, placed(item, ids)) for key, item in value.items()}
    if isinstance(value, list):
        return [placed(item, ids) for item in value]
    return ids["id"] if isinstance(value, str) and UUID_TEXT.fullmatch(value) else value


def is_stream(operation: Operation) -> bool:
    """Whether it answers with a stream, which has no end."""
    return STREAM in operation[2]["responses"].get("200", {}).get("content", {})


def service_only(operation: Operation) -> bool:
    """Whether people may not call it."""
    return bool(operation[2]["security"] == [{"service": []}])


def asked(operation: Operation, ids: dict[str, str]) -> dict[str, str] | None:
    """The query of an operation that has one which it needs."""
    listed = operation[:2] == ("GET", "/api/v1/interviews")
    return {"jobInfoId": ids["jobInfoId"]} if listed else ASKED.get(operation[1])


def things(workspace: Workspace, ann: Person, path: str) -> dict[str, str]:
    """Ids of what the operations at a path are about."""
    info = ann.http.post("/api/v1/job-infos", json=JOB_INFO).json()["data"]["id"]
    found = {"jobInfoId": info, "conversationId": "general"}
    found |= {"memoryId": workspace.memory("ann"), "transcriptId": workspace.transcript("ann")}
    if "{interviewId}" in path:
        job = ann.http.post("/api/v1/interviews", json={"jobInfoId": info}).json()["data"]["id"]
        done = ann.http.get(f"/api/v1/actions/jobs/{job}", params={"wait": "30s"}).json()["data"]
        found["interviewId"] = done["result"]["interview"]["interviewId"]
    return found


def links(workspace: Workspace, ann: Person, path: str, job: str) -> dict[str, str]:
    """Ids of what the operations on links are about."""
    if "/imports/" in path:
        return {"jobId": imported(ann)}
    if "/links/{" in path or path.endswith(("/refresh", "/images/{kind}")):
        link = pictured(workspace, ann, job)
        return {"id": link, "bookmarkId": link, "kind": "screenshot"}
    return {}


def called(workspace: Workspace, ann: Person, document: dict[str, Any], each: Operation) -> tuple[str, Any, Any]:
    """The collection that was made for it, the answer to an operation's example, and the body that was sent."""
    method, path, operation = each
    collection, bookmark = ann.collection(str(uuid4())), ann.save({"messageId": "m1"})
    about = collection if "collections" in path else bookmark
    ids = {"id": about["id"], "collectionId": collection["id"], "messageId": "m1", "fileId": "f1", **NAMES}
    ids |= {"jobId": workspace.dead_letter("ann"), **things(workspace, ann, path)}
    ids |= links(workspace, ann, path, ids["jobId"])
    client = workspace.service("ann") if service_only(each) else ann.http
    body = example(document, operation)
    body = body if path == FEED else placed(body, ids)
    sent = body and body | GIVEN.get(path, {})
    answer = client.request(method, path.format(**ids), params=asked(each, ids), json=sent, files=FORMS.get(path))
    return collection["id"], answer, body


def test_every_operation_is_called_from_its_example(workspace: Workspace, document: dict[str, Any]) -> None:
    ann = workspace.person("ann", UNLIMITED)
    validated = schemathesis.openapi.from_dict(document)
    order = ["GET", "PATCH", "PUT", "POST", "DELETE"]  # what the example of POST makes must not be in the way of PATCH
    ordered = sorted(operations(document), key=lambda each: order.index(each[0]))
    calls = [each for each in ordered if not is_stream(each)]
    assert len(calls) >= 40
    for each in calls:
        method, path, operation = each
        collection, answer, body = called(workspace, ann, document, each)
        assert str(answer.status_code) in operation["responses"], (method, path)
        assert answer.is_success, (method, path, body, answer.text)
        answer.request.read()  # of a form, it was sent in pieces
        validated[path][method].validate_response(answer)
        ann.http.delete(f"{COLLECTIONS}/{collection}")


def test_every_stream_is_what_the_document_says(workspace: Workspace, ann: Person, document: dict[str, Any]) -> None:
    job = workspace.dead_letter("ann")
    link = pictured(workspace, ann, job)
    streams = [each for each in operations(document) if is_stream(each)]
    assert streams
    for method, path, operation in streams:
        schema = operation["responses"]["200"]["content"][LINES]["schema"]
        message = jsonschema_rs.validator_for({**schema, "components": document["components"]})
        for form, prefix in ((STREAM, "data: "), (LINES, "")):
            with ann.http.stream(method, path.format(jobId=job, id=link), headers={"Accept": form}) as answer:
                assert answer.headers["content-type"] == form
                line = next(line for line in answer.iter_lines() if line.startswith(prefix))
            message.validate(json.loads(line.removeprefix(prefix)))


def ids_in(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Where an operation takes ids of ours: in the path, the query or the body; the field, and a value that is none."""
    for each in operation.get("parameters", []):
        parameter = resolved(document, each)
        if resolved(document, parameter["schema"]).get("format") == "uuid":
            yield parameter["in"], parameter["name"], "x"
    if "requestBody" in operation:
        content = resolved(document, operation["requestBody"])["content"].get("application/json", {"schema": {}})
        for name, schema in resolved(document, content["schema"]).get("properties", {}).items():
            kind = resolved(document, schema)
            if kind.get("format") == "uuid":
                yield "body", name, "x"
            elif resolved(document, kind.get("items", {})).get("format") == "uuid":
                yield "body", name, ["x"]


def test_h41_an_id_that_is_none_is_refused_everywhere(workspace: Workspace, document: dict[str, Any]) -> None:
    ann = workspace.person("ann", UNLIMITED)
    tried = set()
    for method, path, operation in operations(document):
        client = workspace.service("ann") if service_only((method, path, operation)) else ann.http
        for place, name, value in ids_in(document, operation):
            body = example(document, operation)
            answer: httpx.Response = client.request(
                method,
                re.sub(r"\{\w+\}", "x" if place == "path" else str(uuid4()), path),
                params={name: value} if place == "query" else None,
                json={**body, name: value} if place == "body" else body,
            )
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (400, "VALIDATION_ERROR"), (method, path, name)
            assert error["details"][0]["field"].partition("[")[0] == name
            tried.add((method, path, name))
    assert len(tried) >= 17, tried


def test_the_page_of_documentation_tells_of_every_operation(workspace: Workspace, document: dict[str, Any]) -> None:
    page = workspace.client().get("/docs").text
    for method, path, operation in operations(document):
        assert path.replace("{", "").split("/")[-1] in page
        assert operation["summary"] in page.replace("&#x27;", "'"), (method, path)
