"""Rules in their versions, what they answered, and when they are due."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.store.tables.columns import Instant, Serial, Words, metadata

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
    Column("sent_back_by", String),
    Column("sent_back_at", Instant),
    Column("sent_back_why", Text),
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
    Column("why", Words, nullable=False),
    Column("at", Instant, nullable=False),
    # Of the version that runs, so that another replica runs it as the one that chose it does.
    Column("is_signed", Boolean),
    Column("proposed_by", String),
    Column("wider", Words),
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
    Index("ix_decision_answer", "rule", "answer", "since"),
)

decision_change = Table(
    "decision_change",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("rule", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("rule_hash", String, nullable=False),
    Column("answer", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("tree_json", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("correlation", String, nullable=False),
    Index("ix_decision_change_resource", "resource", "id"),
    Index("ix_decision_change_rule", "rule", "at"),
)

schedule = Table(
    "schedule",
    metadata,
    Column("schedule", String, primary_key=True),
    Column("basis", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("next_slot", String),
    Column("next_at", Instant),
    Column("waits_since", Instant),
    Column("wait_until", Instant),
    Index("ix_schedule_next_at", "next_at"),
)

occurrence = Table(
    "occurrence",
    metadata,
    Column("schedule", String, nullable=False),
    Column("slot", String, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("why", Words, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("schedule", "slot"),
    Index("ix_occurrence_state", "state", "due_at"),
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
