"""Between the wire format of imports and the domain."""

from collections.abc import Sequence

from cairn.bookmarks.v1 import enrichment_pb2 as pb
from services.bookmarks.domain import State, Words
from services.bookmarks.domain_import import Imported, Row
from services.bookmarks.encode import to_time


def to_links(request: pb.ImportLinksRequest) -> list[Imported]:
    """The links of a batch."""
    return [_link(link) for link in request.links]


def from_rows(rows: Sequence[Row]) -> pb.ImportLinksResponse:
    """What became of each."""
    return pb.ImportLinksResponse(
        rows=[
            pb.ImportLinksResponse.Row(
                row=row.row, outcome=row.outcome, bookmark_id=str(row.bookmark_id or ""), reason=row.reason
            )
            for row in rows
        ]
    )


def _link(link: pb.ImportedLink) -> Imported:
    words = Words(
        _kept(link.note),
        tuple(_kept(tag) for tag in link.tags),
        state=State(link.state or State.OPEN),
        due_time=to_time(link.due_time) if link.HasField("due_time") else None,
    )
    return Imported(
        link.row,
        link.url,
        words,
        _kept(link.title),
        _kept(link.description),
        _kept(link.collection).strip(),
        to_time(link.create_time) if link.HasField("create_time") else None,
        tuple(link.other_urls),
    )


def _kept(text: str) -> str:
    """PostgreSQL keeps no such character, and files may have it."""
    return text.replace("\0", "")
