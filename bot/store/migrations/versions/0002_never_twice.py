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
