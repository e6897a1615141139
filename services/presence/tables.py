"""The tables of the schema `presence`, as the migrations make them (a test compares the two)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

SCHEMA = "presence"
metadata = MetaData(schema=SCHEMA)

# What others say or the person says they are doing. The row is the schedule: what has expired is no longer read, and
# is deleted by whoever comes by, if `expiry_id` is still the one that was to expire.
claims = Table(
    "claims",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("claim_id", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("emoji", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("dnd", Boolean, nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    # New with every write.
    Column("expiry_id", Uuid, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "source", "claim_id"),
    Index("claims_due", "expires_at", postgresql_where=text("expires_at is not null")),
)

# What a person set for themselves.
people = Table(
    "people",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("invisible", Boolean, nullable=False, server_default=text("false")),
    Column("snoozed", Boolean, nullable=False, server_default=text("false")),
    Column("snooze_until", DateTime(timezone=True)),
    # [{"days": [0, 1], "start": "22:00", "end": "07:00"}], days counted from Monday.
    Column("schedule", JSONB, nullable=False, server_default=text("'[]'")),
    Column("time_zone", Text, nullable=False, server_default=text("''")),
    Column("allow_mentions", Boolean, nullable=False, server_default=text("false")),
    Column("allow_user_ids", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("set_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("workspace", "user_id"),
)

recents = Table(
    "recents",
    metadata,
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("emoji", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("workspace", "user_id", "emoji", "text"),
)

# Who passed everybody's Do-Not-Disturb, and when.
urgent_notices = Table(
    "urgent_notices",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("workspace", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("sender_id", Text, nullable=False),
    Column("recipient_ids", ARRAY(Text), nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id"),
    Index("urgent_notices_of_sender", "workspace", "sender_id", "sent_at"),
)
