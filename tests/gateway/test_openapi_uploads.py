"""What the OpenAPI document says of files: in a form, beside JSON or alone, and as an answer."""

from typing import Any

import pytest

from gateway import docs_page, openapi
from gateway.contract import Contract
from gateway.upstreams import Backends

Document = dict[str, Any]


@pytest.fixture
def document(contract: Contract) -> Document:
    backends = Backends(contract, {"library.v1.Library": ("library",)}, {})
    return openapi.document(backends, "1", upload_limit=12_345)


def test_json_and_a_form_at_one_path_are_one_operation(document: Document) -> None:
    operation = document["paths"]["/v1/books/{book}/scans"]["post"]
    assert (operation["operationId"], operation["summary"]) == (
        "Library_AddScan",
        "Adds a scan that lies somewhere else",
    )
    assert operation["description"] == "With a form: Adds a scan that is sent along."
    assert [each.get("name") for each in operation["parameters"]] == ["book", None, None, "Idempotency-Key"]
    content = operation["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    schema = content["multipart/form-data"]["schema"]
    assert list(schema["properties"]) == ["title", "pages", "tags", "genre", "author.name", "author.born", "file"]
    assert (schema["required"], schema["additionalProperties"]) == (["title", "file"], False)
    assert schema["properties"]["title"]["maxLength"] == 40
    assert schema["properties"]["file"]["format"] == "binary"
    assert "12345 bytes" in schema["properties"]["file"]["description"]
    answers = operation["responses"]
    assert {"202", "400", "403", "404", "408", "413", "415"} <= set(answers)
    assert all(reason in answers["404"]["description"] for reason in ("BOOK_NOT_FOUND", "SHELF_NOT_FOUND"))


def test_a_file_as_a_body_and_as_an_answer(document: Document) -> None:
    paths = document["paths"]
    assert set(paths["/v1/covers"]["post"]["requestBody"]["content"]) == {"multipart/form-data"}
    answered = paths["/v1/scans/{contentType}"]["get"]["responses"]["200"]["content"]
    assert answered == {"*/*": {}}
    page = docs_page.render(document)
    assert "-F 'title=…' \\\n  -F 'file=@FILE'" in page.replace("&#x27;", "'")
    assert "Body: a form" in page
