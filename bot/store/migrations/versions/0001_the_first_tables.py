"""The first tables: inbox, looks, resources, rules, the effect journal, mail, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adoption",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "connection", name=op.f("pk_adoption")),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("shown_json", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("people_needed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("effect_key", "round", name=op.f("uq_approval_effect_key_round")),
    )
    op.create_index("ix_approval_state", "approval", ["state"], unique=False)
    op.create_table(
        "approval_answer",
        sa.Column("approval", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("checks_json", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("approval", "person", name=op.f("pk_approval_answer")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("what_json", sa.Text(), nullable=False),
        sa.Column("resource", sa.String(), nullable=True),
        sa.Column("prev", sa.String(), nullable=True),
        sa.Column("hash", sa.String(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_hash", "audit", ["hash"], unique=False)
    op.create_index("ix_audit_resource", "audit", ["resource"], unique=False)
    op.create_table(
        "connection_state",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("synced_at", sa.BigInteger(), nullable=True),
        sa.Column("listed_at", sa.BigInteger(), nullable=True),
        sa.Column("hook_at", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_connection_state")),
    )
    op.create_table(
        "credential",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_credential")),
    )
    op.create_table(
        "decision",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("rule_hash", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("tree_json", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("told_unknown_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("rule", "resource", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_next_at", "decision", ["next_at"], unique=False)
    op.create_index("ix_decision_resource", "decision", ["resource"], unique=False)
    op.create_table(
        "decision_change",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("rule_hash", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("tree_json", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_change")),
    )
    op.create_index("ix_decision_change_resource", "decision_change", ["resource", "id"], unique=False)
    op.create_table(
        "effect",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("after", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_hash", sa.String(), nullable=False),
        sa.Column("args_json", sa.Text(), nullable=False),
        sa.Column("request_json", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("intent_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("confirm_until", sa.BigInteger(), nullable=True),
        sa.Column("quarantine_until", sa.BigInteger(), nullable=True),
        sa.Column("outcome_json", sa.Text(), nullable=False),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("lines_json", sa.Text(), nullable=False),
        sa.Column("is_vendor", sa.Boolean(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", "round", name=op.f("pk_effect")),
    )
    op.create_index("ix_effect_chain", "effect", ["chain", "position"], unique=False)
    op.create_index("ix_effect_due", "effect", ["state", "not_before"], unique=False)
    op.create_index("ix_effect_resource", "effect", ["resource"], unique=False)
    op.create_table(
        "episode",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("grp", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("rule", "grp", "number", name=op.f("pk_episode")),
    )
    op.create_table(
        "form",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("session_hash", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_form")),
    )
    op.create_table(
        "guard_use",
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("effect_key", "round", name=op.f("pk_guard_use")),
    )
    op.create_index("ix_guard_use_day", "guard_use", ["connection", "currency", "day"], unique=False)
    op.create_table(
        "hold",
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resource", name=op.f("pk_hold")),
    )
    op.create_table(
        "inbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("headers_redacted", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("about_json", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("connection", "dedupe_key", name=op.f("uq_inbox_connection_dedupe_key")),
    )
    op.create_index("ix_inbox_state", "inbox", ["state"], unique=False)
    op.create_table(
        "look",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("news", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "kind", "key", name=op.f("pk_look")),
    )
    op.create_index("ix_look_due_at", "look", ["due_at"], unique=False)
    op.create_table(
        "mail",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("resource", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("data_started_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_mail")),
        sa.UniqueConstraint("cause", "recipient", name=op.f("uq_mail_cause_recipient")),
    )
    op.create_index("ix_mail_due", "mail", ["state", "not_before"], unique=False)
    op.create_index("ix_mail_resource", "mail", ["resource"], unique=False)
    op.create_table(
        "pause",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_pause")),
    )
    op.create_table(
        "resource",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("snapshot_json", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=True),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("run_type", sa.String(), nullable=False),
        sa.Column("ends_on", sa.String(), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("kind", "connection", "key", name=op.f("uq_resource_kind_connection_key")),
    )
    op.create_index("ix_resource_connection_vendor_id", "resource", ["connection", "vendor_id"], unique=False)
    op.create_index(
        "ix_resource_earlier", "resource", ["kind", "connection", "run_type", "ends_on"], unique=False
    )
    op.create_table(
        "resource_identity",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "kind", "identity", name=op.f("pk_resource_identity")),
    )
    op.create_table(
        "rule_state",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=True),
        sa.Column("running_hash", sa.String(), nullable=True),
        sa.Column("mode_now", sa.String(), nullable=False),
        sa.Column("narrowed_to", sa.String(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_rule_state")),
    )
    op.create_table(
        "rule_version",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("calendars_text", sa.Text(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=True),
        sa.Column("proposed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_rule_version")),
        sa.UniqueConstraint("rule", "number", name=op.f("uq_rule_version_rule_number")),
    )
    op.create_table(
        "session",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_session")),
    )
    op.create_table(
        "sign_off",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "person", name=op.f("pk_sign_off")),
    )
    op.create_table(
        "snapshot",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_json", sa.Text(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
    )
    op.create_index("ix_snapshot_resource", "snapshot", ["resource", "id"], unique=False)
    op.create_table(
        "token",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_token")),
    )
    op.create_index("ix_token_person", "token", ["person"], unique=False)
