"""Schedules and their occurrences, resources that are set apart, call budgets, leases by name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule",
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("next_slot", sa.String(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("waits_since", sa.BigInteger(), nullable=True),
        sa.Column("wait_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("schedule", name=op.f("pk_schedule")),
    )
    op.create_index("ix_schedule_next_at", "schedule", ["next_at"], unique=False)
    op.create_table(
        "occurrence",
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", "slot", name=op.f("pk_occurrence")),
    )
    op.create_index("ix_occurrence_state", "occurrence", ["state", "due_at"], unique=False)
    op.create_table(
        "parked",
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ends_by_reading", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resource", name=op.f("pk_parked")),
    )
    op.create_table(
        "mute",
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_mute")),
    )
    op.create_table(
        "call_use",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "span", name=op.f("pk_call_use")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.add_column("connection_state", sa.Column("rest_until", sa.BigInteger(), nullable=True))
    op.add_column("connection_state", sa.Column("rests", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("mail", sa.Column("merged_into", sa.String(), nullable=True))
    op.add_column("mail", sa.Column("rank", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("ix_mail_data_started_at", "mail", ["data_started_at"], unique=False)
    op.create_index("ix_mail_merged_into", "mail", ["merged_into"], unique=False)
    op.create_table(
        "mail_server",
        sa.Column("server", sa.String(), nullable=False),
        sa.Column("rests", sa.Integer(), nullable=False),
        sa.Column("rest_until", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("probe_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("server", name=op.f("pk_mail_server")),
    )
    op.create_index("uq_audit_prev", "audit", ["prev"], unique=True)
    op.add_column("connection_state", sa.Column("removed_at", sa.BigInteger(), nullable=True))
    op.add_column("connection_state", sa.Column("oldest_at", sa.BigInteger(), nullable=True))
    op.add_column("approval_answer", sa.Column("given_at", sa.BigInteger(), nullable=True))
    op.add_column("resource", sa.Column("decide_since", sa.BigInteger(), nullable=True))
    op.create_index("ix_resource_decide_since", "resource", ["is_live", "decide_since", "id"], unique=False)
    op.create_index(
        "ix_resource_connection_decide_since", "resource", ["connection", "decide_since"], unique=False
    )
    op.create_table(
        "away",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "since", name=op.f("pk_away")),
    )
    op.add_column("token", sa.Column("id", sa.String(), nullable=False, server_default=""))
    for name in ("last_used_at", "signed_in_at", "revoked_at"):
        op.add_column("token", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("token", sa.Column("revoked_by", sa.String(), nullable=True))
    op.execute("UPDATE token SET id = substr(hash, 1, 12)")
    op.add_column("session", sa.Column("token", sa.String(), nullable=False, server_default=""))
    op.add_column("approval", sa.Column("remind_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_approval_closed_at", "approval", ["closed_at"], unique=False)
    op.create_index("ix_approval_answer_at", "approval_answer", ["at"], unique=False)
    for name, kind in (("by", sa.String()), ("at", sa.BigInteger()), ("why", sa.Text())):
        op.add_column("rule_version", sa.Column(f"sent_back_{name}", kind, nullable=True))
    op.create_index("ix_decision_change_rule", "decision_change", ["rule", "at"], unique=False)
    op.create_index("ix_effect_rule", "effect", ["rule", "planned_at"], unique=False)
    op.create_table(
        "template_files",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("files_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_template_files")),
    )
    op.create_table(
        "template_kept",
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mail", name=op.f("pk_template_kept")),
    )
    _lists()


def _inside(column: sa.ColumnElement[str], *path: str | int) -> sa.ColumnElement[str]:
    """What stands at a path of a column's JSON, as text."""
    if op.get_bind().dialect.name == "sqlite":
        steps = "".join(f"[{one}]" if isinstance(one, int) else f'."{one}"' for one in path)
        return sa.func.json_extract(column, f"${steps}")
    return sa.func.json_extract_path_text(sa.cast(column, sa.JSON), *map(str, path))


def _lists() -> None:
    """What long lists are found and put in order by."""
    op.add_column("resource", sa.Column("status", sa.String(), nullable=False, server_default="unknown"))
    op.add_column("resource", sa.Column("pay_on", sa.String(), nullable=True))
    op.add_column("audit", sa.Column("what", sa.String(), nullable=False, server_default=""))
    op.add_column("audit", sa.Column("rule", sa.String(), nullable=True))
    resource = sa.table("resource", *map(sa.column, ("status", "pay_on", "snapshot_json")))
    audit = sa.table("audit", *map(sa.column, ("what", "rule", "what_json")))
    status = _inside(resource.c.snapshot_json, "values", "status", "is", 1)
    paid = _inside(resource.c.snapshot_json, "values", "pay date", "is", 1)
    op.execute(sa.update(resource).values(status=sa.func.coalesce(status, "unknown"), pay_on=paid))
    said = {name: _inside(audit.c.what_json, name) for name in ("what", "rule")}
    op.execute(sa.update(audit).values(**said))
    for table, name in (("approval", "state"), ("mail", "resource"), ("audit", "resource")):
        op.drop_index(f"ix_{table}_{name}", table)
    for name, table, columns in (
        ("about", "inbox", ("connection", "about_json")),
        ("correlation", "inbox", ("correlation",)),
        ("listed", "resource", ("connection", "ends_on", "id")),
        ("listed_open", "resource", ("connection", "is_open", "ends_on", "id")),
        ("listed_status", "resource", ("connection", "status", "is_open", "ends_on", "id")),
        ("listed_paid", "resource", ("connection", "pay_on", "id")),
        ("changed_at", "effect", ("changed_at", "position")),
        ("state", "approval", ("state", "asked_at", "id")),
        ("asked_at", "approval", ("asked_at", "id")),
        ("resource", "mail", ("resource", "created_at", "message_id")),
        ("created_at", "mail", ("created_at", "message_id")),
        ("state", "mail", ("state", "created_at", "message_id")),
        ("recipient", "mail", ("recipient", "created_at", "message_id")),
        ("answer", "decision", ("rule", "answer", "since")),
        ("at", "audit", ("at", "seq")),
        *((one, "audit", (one, "at", "seq")) for one in ("actor", "what", "rule", "resource")),
    ):
        op.create_index(f"ix_{table}_{name}", table, list(columns), unique=False)
    op.create_table(
        "audit_check",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("wrong", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_check")),
    )
