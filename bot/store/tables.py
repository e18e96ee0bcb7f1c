"""The tables: a transactional inbox, an effect journal, and what explains them.

Instants are whole microseconds since 1970 in UTC, exact on both engines and sortable
as numbers. Money is text: SQLite has no decimal. JSON is text made by `codec`, the
same bytes for the same content, since fingerprints and the audit hash it.

`resource` columns hold a resource's own id (`gigapay.payrun:gigapay-se/2859272`), made
of the key it was first seen under; the vendor's id may change, this one never does.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Beyond it an instant may have no day in some zone, and every reading of it would fail."""


class Instant(TypeDecorator[datetime]):
    """An aware instant as microseconds. A naive one is a bug, so it raises."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is not None and value >= _LATEST:
            raise ValueError(f"{value} could not be read back")
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key is a plain INTEGER.
_Serial = BigInteger().with_variant(Integer, "sqlite")

inbox = Table(
    "inbox",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
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
    Column("observed_at", Instant, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    UniqueConstraint("kind", "connection", "key"),
    Index("ix_resource_connection_vendor_id", "connection", "vendor_id"),
    Index("ix_resource_earlier", "kind", "connection", "run_type", "ends_on"),
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
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("resource", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("snapshot_json", Text, nullable=False),
    Column("correlation", String, nullable=False),
    Index("ix_snapshot_resource", "resource", "id"),
)

rule_version = Table(
    "rule_version",
    metadata,
    Column("hash", String, primary_key=True),
    Column("rule", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("basis", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("calendars_text", Text, nullable=False),
    Column("file", String, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("proposed_by", String),
    Column("proposed_at", Instant),
    UniqueConstraint("rule", "number"),
)

sign_off = Table(
    "sign_off",
    metadata,
    Column("hash", String, nullable=False),
    Column("person", String, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("hash", "person"),
)

rule_state = Table(
    "rule_state",
    metadata,
    Column("rule", String, primary_key=True),
    Column("file_hash", String),
    Column("running_hash", String),
    Column("mode_now", String, nullable=False),
    Column("narrowed_to", String),
    Column("why", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

adoption = Table(
    "adoption",
    metadata,
    Column("rule", String, nullable=False),
    Column("connection", String, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("rule", "connection"),
)

decision = Table(
    "decision",
    metadata,
    Column("rule", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("rule_hash", String, nullable=False),
    Column("answer", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("tree_json", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("since", Instant, nullable=False),
    Column("next_at", Instant),
    Column("told_unknown_at", Instant),
    PrimaryKeyConstraint("rule", "resource"),
    Index("ix_decision_next_at", "next_at"),
    Index("ix_decision_resource", "resource"),
)

decision_change = Table(
    "decision_change",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("rule", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("rule_hash", String, nullable=False),
    Column("answer", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("tree_json", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("correlation", String, nullable=False),
    Index("ix_decision_change_resource", "resource", "id"),
)

effect = Table(
    "effect",
    metadata,
    Column("key", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("chain", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("after", String),
    Column("action", String, nullable=False),
    Column("connection", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("rule", String, nullable=False),
    Column("rule_hash", String, nullable=False),
    Column("args_json", Text, nullable=False),
    Column("request_json", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False),
    Column("intent_at", Instant),
    Column("sent_at", Instant),
    Column("confirm_until", Instant),
    Column("quarantine_until", Instant),
    Column("outcome_json", Text, nullable=False),
    Column("done_by", String),
    Column("lines_json", Text, nullable=False),
    Column("is_vendor", Boolean, nullable=False),
    Column("correlation", String, nullable=False),
    PrimaryKeyConstraint("key", "round"),
    Index("ix_effect_due", "state", "not_before"),
    Index("ix_effect_resource", "resource"),
    Index("ix_effect_chain", "chain", "position"),
)

approval = Table(
    "approval",
    metadata,
    Column("id", String, primary_key=True),
    Column("effect_key", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("shown_json", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("people_needed", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("closed_at", Instant),
    Column("why", Text, nullable=False),
    UniqueConstraint("effect_key", "round"),
    Index("ix_approval_state", "state"),
)

approval_answer = Table(
    "approval_answer",
    metadata,
    Column("approval", String, nullable=False),
    Column("person", String, nullable=False),
    Column("answer", String, nullable=False),
    Column("comment", Text, nullable=False),
    Column("checks_json", Text, nullable=False),
    Column("channel", String, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("approval", "person"),
)

guard_use = Table(
    "guard_use",
    metadata,
    Column("effect_key", String, nullable=False),
    Column("round", Integer, nullable=False),
    Column("connection", String, nullable=False),
    Column("action", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("day", String, nullable=False),
    Column("amount", String),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("effect_key", "round"),
    Index("ix_guard_use_day", "connection", "currency", "day"),
)

episode = Table(
    "episode",
    metadata,
    Column("rule", String, nullable=False),
    Column("grp", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("told_at", Instant),
    Column("cleared_at", Instant),
    PrimaryKeyConstraint("rule", "grp", "number"),
)

hold = Table(
    "hold",
    metadata,
    Column("resource", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("at", Instant, nullable=False),
)

pause = Table(
    "pause",
    metadata,
    Column("scope", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("until", Instant),
    Column("at", Instant, nullable=False),
)

mail = Table(
    "mail",
    metadata,
    Column("message_id", String, primary_key=True),
    Column("cause", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("template", String, nullable=False),
    Column("subject", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("effect_key", String),
    Column("round", Integer),
    Column("resource", String),
    Column("state", String, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("fence", Integer, nullable=False),
    Column("data_started_at", Instant),
    Column("settled_at", Instant),
    Column("correlation", String, nullable=False),
    UniqueConstraint("cause", "recipient"),
    Index("ix_mail_due", "state", "not_before"),
    Index("ix_mail_resource", "resource"),
)

connection_state = Table(
    "connection_state",
    metadata,
    Column("connection", String, primary_key=True),
    Column("synced_at", Instant),
    Column("listed_at", Instant),
    Column("hook_at", Instant),
    Column("failing_since", Instant),
    Column("failures", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("told_at", Instant),
)

credential = Table(
    "credential",
    metadata,
    Column("connection", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)

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
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("what_json", Text, nullable=False),
    Column("resource", String),
    Column("prev", String),
    Column("hash", String),
    Column("key_id", String),
    Index("ix_audit_hash", "hash"),
    Index("ix_audit_resource", "resource"),
)
