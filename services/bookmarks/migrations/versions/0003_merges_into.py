"""Links that became part of one which became part of another are found by the one between."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the index."""
    op.execute("create index merges_into on bookmarks.merges (merged_into)")
