"""The tables: a transactional inbox, an effect journal, and what explains them.

Instants are whole microseconds since 1970 in UTC, exact on both engines and sortable
as numbers. Money is text: SQLite has no decimal. JSON is text made by `codec`, the
same bytes for the same content, since fingerprints and the audit hash it.

`resource` columns hold a resource's own id (`gigapay.payrun:gigapay-se/2859272`), made
of the key it was first seen under; the vendor's id may change, this one never does.
"""

from bot.store.tables.columns import Instant, metadata
from bot.store.tables.house import (
    audit,
    audit_check,
    away,
    form,
    house_fact,
    lease,
    session,
    template_files,
    template_kept,
    token,
)
from bot.store.tables.journal import (
    approval,
    approval_answer,
    effect,
    guard_use,
    hold,
    mail,
    mail_server,
    mute,
    parked,
    pause,
)
from bot.store.tables.rule import (
    adoption,
    decision,
    decision_change,
    episode,
    occurrence,
    rule_state,
    rule_version,
    schedule,
    sign_off,
)
from bot.store.tables.vendor import (
    call_use,
    connection_state,
    credential,
    inbox,
    look,
    resource,
    resource_identity,
    snapshot,
)

__all__ = [
    "Instant",
    "adoption",
    "approval",
    "approval_answer",
    "audit",
    "audit_check",
    "away",
    "call_use",
    "connection_state",
    "credential",
    "decision",
    "decision_change",
    "effect",
    "episode",
    "form",
    "guard_use",
    "hold",
    "house_fact",
    "inbox",
    "lease",
    "look",
    "mail",
    "mail_server",
    "metadata",
    "mute",
    "occurrence",
    "parked",
    "pause",
    "resource",
    "resource_identity",
    "rule_state",
    "rule_version",
    "schedule",
    "session",
    "sign_off",
    "snapshot",
    "template_files",
    "template_kept",
    "token",
]
