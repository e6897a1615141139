"""What a person may see, as SQL: the one place where access is decided, for every read and every save.

`sight(item)` joins the facts behind any rows of (workspace, user_id, target_type, target_id): a table, a page of it, or
one row of parameters. A message is seen by the members of its conversation; a file by its uploader, and with its
message. What was taken away is told from what was deleted only to those who could still see it. A link is its owner's
own. What is known of it comes as one JSON text, made only for rows that are links and that are shown.
"""

from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Label,
    Text,
    and_,
    case,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)

from services.bookmarks.domain import TargetType, Unavailable
from services.bookmarks.domain_shown import PREVIEW_LENGTH
from services.bookmarks.tables import conversations, files, memberships, messages, users
from services.bookmarks.tables_links import link_images, link_steps, links

# Of a link, what nobody is shown.
HIDDEN = frozenset({"bookmark_id", "workspace", "user_id", "canonical", "image_url", "looked_up_at"})


class Sight(NamedTuple):
    """The joined facts: where they come from, whether the target is available, and what a list shows of it."""

    joined: FromClause
    available: ColumnElement[bool]
    columns: list[Label[Any]]
    # The texts a person can search in: null where they may not see the message, or the file.
    message_text: ColumnElement[str]
    file_name: ColumnElement[str]


def word(value: StrEnum) -> ColumnElement[str]:
    """A word of the domain, written into the SQL: the planner can then work with it."""
    return literal_column(f"'{value.value}'", Text)


def sight(item: FromClause, only: TargetType | None = None) -> Sight:
    """Join the facts behind `item`. `only` says that all rows are of one type, which saves joins."""
    kind = item.c.target_type
    if only is TargetType.LINK:
        return _link_alone(item)
    is_message: Any = kind == word(TargetType.MESSAGE) if only is None else only == TargetType.MESSAGE
    m, c, s, f = messages.alias("m"), conversations.alias("c"), memberships.alias("s"), files.alias("f")
    author = users.alias("author")
    joined = _joined(item, only, (m, c, s, f, author))
    member = s.c.user_id.is_not(None)
    message_seen = and_(member, not_(m.c.deleted), not_(func.coalesce(c.c.deleted, false())))
    uploaded = func.coalesce(f.c.uploader_id == item.c.user_id, false())
    file_seen = and_(func.coalesce(not_(f.c.deleted), false()), or_(uploaded, message_seen))
    is_link = kind == word(TargetType.LINK)
    if only is None:
        available: Any = case((is_message, message_seen), (is_link, true()), else_=file_seen)
        lost: Any = case((is_message, not_(member)), else_=not_(or_(member, uploaded)))
    else:
        available, lost = (message_seen, not_(member)) if is_message else (file_seen, not_(or_(member, uploaded)))
    reason = case((available, null()), (lost, word(Unavailable.ACCESS_LOST)), else_=word(Unavailable.DELETED))
    columns = [reason.label("unavailable"), message_seen.label("message_seen"), *_shown(m, c, f, author)]
    columns.append(_uploader(item, f).label("uploader_name"))
    if only is None:
        columns.append(case((is_link, _link(item))).label("link"))
    return Sight(joined, available, columns, case((message_seen, m.c.text)), case((file_seen, f.c.name)))


def _link_alone(item: FromClause) -> Sight:
    nothing: Any = null()
    columns: list[Label[Any]] = [nothing.label("unavailable"), false().label("message_seen")]
    return Sight(item, true(), [*columns, _link(item).label("link")], nothing, nothing)


def _link(item: FromClause) -> ColumnElement[str]:
    """What is known of a link, with its steps and pictures."""
    shown = [column for column in links.c if column.name not in HIDDEN]
    steps, images = _every(link_steps, item).label("steps"), _every(link_images, item).label("images")
    one = select(*shown, steps, images).where(links.c.bookmark_id == item.c.id).correlate(item).subquery("known")
    return select(func.row_to_json(literal_column("known.*"), type_=Text)).select_from(one).scalar_subquery()


def _every(table: Any, item: FromClause) -> Any:
    mine = select(table).where(table.c.bookmark_id == item.c.id).correlate(item).subquery(table.name)
    return select(func.json_agg(literal_column(f"{table.name}.*"))).select_from(mine).scalar_subquery()


def _uploader(item: FromClause, f: Any) -> ColumnElement[str]:
    """The name of a file's uploader, looked up only where there is a file: as a join it would cost every row."""
    u = users.alias("uploader")
    name = select(u.c.name).where(u.c.workspace == item.c.workspace, u.c.id == f.c.uploader_id)
    return case((f.c.uploader_id.is_not(None), name.correlate(item, f).scalar_subquery()))


def _shown(m: Any, c: Any, f: Any, author: Any) -> list[Label[Any]]:
    """What a list shows of the facts."""
    return [
        *(
            column.label(f"message_{column.name}")
            for column in (m.c.id, m.c.author_id, m.c.conversation_id, m.c.sent_at)
        ),
        func.left(m.c.text, literal_column(str(PREVIEW_LENGTH + 1))).label("message_text"),
        author.c.name.label("author_name"),
        c.c.kind.label("conversation_kind"),
        c.c.name.label("conversation_name"),
        *(
            column.label(f"file_{column.name}")
            for column in (f.c.name, f.c.media_type, f.c.size_bytes, f.c.uploader_id)
        ),
    ]


def _joined(item: FromClause, only: TargetType | None, tables: tuple[Any, ...]) -> FromClause:
    m, c, s, f, author = tables

    def same(table: Any, *conditions: Any) -> ColumnElement[bool]:
        return and_(table.c.workspace == item.c.workspace, *conditions)

    is_file = item.c.target_type == word(TargetType.FILE)
    file_on: Any = same(f, f.c.id == item.c.target_id, is_file)
    is_message = item.c.target_type == word(TargetType.MESSAGE)
    message_id: Any = case((is_file, f.c.message_id), (is_message, item.c.target_id))
    if only is TargetType.FILE:
        file_on, message_id = same(f, f.c.id == item.c.target_id), f.c.message_id
    elif only is TargetType.MESSAGE:
        file_on, message_id = false(), item.c.target_id
    member_on = (s.c.user_id == item.c.user_id, s.c.conversation_id == m.c.conversation_id, not_(s.c.removed))
    return (
        item.outerjoin(f, file_on)
        .outerjoin(m, same(m, m.c.id == message_id))
        .outerjoin(c, same(c, c.c.id == m.c.conversation_id))
        .outerjoin(s, same(s, *member_on))
        .outerjoin(author, same(author, author.c.id == m.c.author_id))
    )
