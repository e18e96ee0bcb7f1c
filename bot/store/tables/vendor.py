"""What vendors told us and what was read there."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.tables.columns import Instant, Serial, Words, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("connection", String, nullable=False),
    Column("event", String, nullable=False),
    Column("dedupe_key", String, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("delivered_at", Instant, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("headers_redacted", Text, nullable=False),
    Column("raw", LargeBinary),
    Column("sha256", String, nullable=False),
    Column("signature", String, nullable=False),
    Column("about_json", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("correlation", String, nullable=False),
    UniqueConstraint("connection", "dedupe_key"),
    Index("ix_inbox_state", "state"),
    Index("ix_inbox_about", "connection", "about_json"),
    Index("ix_inbox_correlation", "correlation"),
)

look = Table(
    "look",
    metadata,
    Column("connection", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("news", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fingerprint", String),
    Column("correlation", String, nullable=False),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False),
    PrimaryKeyConstraint("connection", "kind", "key"),
    Index("ix_look_due_at", "due_at"),
)

resource = Table(
    "resource",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("connection", String, nullable=False),
    Column("key", String, nullable=False),
    Column("vendor_id", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("fingerprint", String),
    Column("snapshot_json", Text, nullable=False),
    Column("is_open", Boolean),
    Column("is_live", Boolean, nullable=False),
    Column("gone_at", Instant),
    Column("run_type", String, nullable=False),
    Column("ends_on", String, nullable=False),
    Column("status", String, nullable=False, server_default="unknown"),
    Column("pay_on", String),
    Column("observed_at", Instant, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("decide_since", Instant),
    UniqueConstraint("kind", "connection", "key"),
    Index("ix_resource_connection_vendor_id", "connection", "vendor_id"),
    Index("ix_resource_earlier", "kind", "connection", "run_type", "ends_on"),
    Index("ix_resource_decide_since", "is_live", "decide_since", "id"),
    Index("ix_resource_listed", "connection", "ends_on", "id"),
    Index("ix_resource_listed_open", "connection", "is_open", "ends_on", "id"),
    Index("ix_resource_listed_status", "connection", "status", "is_open", "ends_on", "id"),
    Index("ix_resource_listed_paid", "connection", "pay_on", "id"),
    Index("ix_resource_connection_decide_since", "connection", "decide_since"),
)

resource_identity = Table(
    "resource_identity",
    metadata,
    Column("connection", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("identity", String, nullable=False),
    Column("resource", String, nullable=False),
    PrimaryKeyConstraint("connection", "kind", "identity"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("resource", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("snapshot_json", Text, nullable=False),
    Column("correlation", String, nullable=False),
    Index("ix_snapshot_resource", "resource", "id"),
)

connection_state = Table(
    "connection_state",
    metadata,
    Column("connection", String, primary_key=True),
    Column("synced_at", Instant),
    Column("listed_at", Instant),
    Column("oldest_at", Instant),
    Column("hook_at", Instant),
    Column("failing_since", Instant),
    Column("failures", Integer, nullable=False),
    Column("problem", Words, nullable=False),
    Column("told_at", Instant),
    Column("rest_until", Instant),
    Column("rests", Integer, nullable=False, server_default="0"),
    Column("removed_at", Instant),
)

call_use = Table(
    "call_use",
    metadata,
    Column("connection", String, nullable=False),
    Column("span", String, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("connection", "span"),
)

credential = Table(
    "credential",
    metadata,
    Column("connection", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)
