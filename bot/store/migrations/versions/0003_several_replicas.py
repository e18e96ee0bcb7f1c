"""What several replicas share besides the rest: which rules are in force, and who may serve these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "house_fact",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_house_fact")),
    )
    op.add_column("rule_state", sa.Column("is_signed", sa.Boolean(), nullable=True))
    op.add_column("rule_state", sa.Column("proposed_by", sa.String(), nullable=True))
    op.add_column("rule_state", sa.Column("wider", sa.Text(), nullable=True))
