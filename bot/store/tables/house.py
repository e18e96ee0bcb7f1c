"""What the service keeps for itself: who may come in, what was done, who is at what."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from bot.store.tables.columns import Instant, Serial, metadata

token = Table(
    "token",
    metadata,
    Column("hash", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("issued_by", String, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_token_person", "person"),
)

session = Table(
    "session",
    metadata,
    Column("hash", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

form = Table(
    "form",
    metadata,
    Column("hash", String, primary_key=True),
    Column("session_hash", String, nullable=False),
    Column("path", String, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("what_json", Text, nullable=False),
    Column("resource", String),
    Column("prev", String),
    Column("hash", String),
    Column("key_id", String),
    Index("ix_audit_hash", "hash"),
    Index("ix_audit_resource", "resource"),
    Index("uq_audit_prev", "prev", unique=True),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", Instant, nullable=False),
    Column("fence", Integer, nullable=False),
)
