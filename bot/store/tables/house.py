"""What the service keeps for itself: who may come in, what was done, who is at what."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from bot.store.tables.columns import Instant, Serial, metadata

token = Table(
    "token",
    metadata,
    Column("hash", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("issued_by", String, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("id", String, nullable=False, server_default=""),
    Column("last_used_at", Instant),
    Column("signed_in_at", Instant),
    Column("revoked_at", Instant),
    Column("revoked_by", String),
    Index("ix_token_person", "person"),
)

session = Table(
    "session",
    metadata,
    Column("hash", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("token", String, nullable=False, server_default=""),
)

away = Table(
    "away",
    metadata,
    Column("person", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("person", "since"),
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
    # Copies out of what_json, to find lines by; `audit.verify` says where they differ.
    Column("what", String, nullable=False, server_default=""),
    Column("rule", String),
    Index("ix_audit_hash", "hash"),
    Index("ix_audit_at", "at", "seq"),
    Index("ix_audit_actor", "actor", "at", "seq"),
    Index("ix_audit_what", "what", "at", "seq"),
    Index("ix_audit_rule", "rule", "at", "seq"),
    Index("ix_audit_resource", "resource", "at", "seq"),
    Index("uq_audit_prev", "prev", unique=True),
)

audit_check = Table(
    "audit_check",
    metadata,
    Column("name", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String, nullable=False),
    Column("from_seq", BigInteger, nullable=False),
    Column("ended_at", Instant),
    Column("wrong", Text, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until", Instant, nullable=False),
    Column("fence", Integer, nullable=False),
)

house_fact = Table(
    "house_fact",
    metadata,
    Column("name", String, primary_key=True),
    Column("value_json", Text, nullable=False),
)

template_files = Table(
    "template_files",
    metadata,
    Column("hash", String, primary_key=True),
    Column("files_json", Text, nullable=False),
)

template_kept = Table(
    "template_kept",
    metadata,
    Column("mail", String, primary_key=True),
    Column("hash", String, nullable=False),
    Column("at", Instant, nullable=False),
)
