"""Collect: read everything that is kept about one pay run, at one moment."""

from collections.abc import Mapping, Sequence
from json import loads

from bot.core.resource import Missing, Snapshot, Unread, Value
from bot.core.seen import seen
from bot.core.words import joined, say, upper
from bot.engine.ask import asked_from_json
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.engine.seal import audit_keys
from bot.mail.asked import Asked
from bot.store import approvals, audit, brakes, decisions, effects, mails, parked, record, rules
from bot.store.approvals import Approval
from bot.store.codec import canonical
from bot.store.database import AnyRow, Tx
from bot.store.effects import Effect
from bot.web import reads
from bot.web.console.audit import chain_of, said_of
from bot.web.console.payrun import keys, unread
from bot.web.console.timeline import said_of as mail_said
from bot.web.console.timeline import timeline
from bot.web.evidence.shapes import Answered, AsShown, Call, Evidence, Mailed, Reading, Recorded, RuleText
from bot.web.wording import answer_status, closed_says, deed, run_status, state_of, vendor_says, why_lines

MOST_LINES = 5_000
"""Of the record, about one pay run. Where there are more the file says so."""
_ABOUT_TO = "is about to act"


async def evidence_of(
    bot: Bot, tx: Tx, resource_id: str, *, made_for: str, chain: str | None = None
) -> Evidence | None:
    """The evidence about a pay run; None where there is no such one.

    `chain` says whether the record is whole, from whoever has verified all of it; without, it
    is said as far as it was verified last.
    """
    case = await load_case(bot, tx, resource_id)
    if case is None or not case.kind.name.endswith(".payrun"):
        return None
    done = await effects.of_resource(tx, resource_id)
    asked = await approvals.of_resource(tx, resource_id)
    mailed = await mails.of_resource(tx, resource_id, at_most=MOST_LINES)
    kept = await record.of_resource(tx, resource_id, at_most=MOST_LINES + 1)
    past = [one.snapshot for one in await reads.history_of(tx, resource_id)]
    if chain is None:
        status, note = await chain_of(bot, tx)
        chain = joined((upper(status.word), note), ". ")
    calls = [one for one in done if one.is_vendor]
    limits = _limits_then(kept)
    return Evidence(
        title=case.title,
        ref=case.snapshot.ref,
        resource=resource_id,
        connection=case.account.id,
        vendor=case.account.connector.title,
        vendor_says=vendor_says(case),
        status=run_status(
            bot,
            case,
            done,
            asked,
            await brakes.held(tx, resource_id, bot.now()),
            False,
            is_apart=await parked.get(tx, resource_id) is not None,
        ),
        made_at=bot.now(),
        made_for=made_for,
        zone=bot.settings.timezone,
        chain=chain,
        keys=keys(case),
        facts=_values(case, case.facts.values),
        unread=unread(case),
        lines=tuple((line.payee, line.net_pay) for line in case.lines),
        events=await timeline(bot, tx, case, done, asked, mailed),
        questions=tuple(_as_shown(bot, one) for one in asked),
        rules=await _rules(tx, resource_id, calls, asked),
        calls=tuple(_call(bot, case, one, past, limits) for one in calls),
        mails=tuple(
            Mailed(
                one.settled_at or one.created_at, one.subject, one.recipient, mail_said(one), one.message_id
            )
            for one in mailed
        ),
        record=_recorded(bot, kept[-MOST_LINES:]),
        is_cut=len(kept) > MOST_LINES,
    )


def _as_shown(bot: Bot, asked: Approval) -> AsShown:
    was: Asked = asked_from_json(asked.shown["asked"])
    limits = asked.shown.get("guards")
    return AsShown(
        id=asked.id,
        ask=was,
        state=answer_status(asked, False),
        closed_at=asked.closed_at,
        why=closed_says(bot, asked),
        people=tuple(asked.shown["people"]),
        people_needed=asked.people_needed,
        seal=asked.fingerprint,
        limits=tuple(limits) if isinstance(limits, list) else None,
        answers=tuple(
            Answered(one.person, one.answer, one.at, one.channel, one.checks, one.comment, one.given_at)
            for one in asked.answers
        ),
        is_erased=bool(asked.shown.get("erased")),
    )


async def _rules(
    tx: Tx, resource_id: str, calls: Sequence[Effect], asked: Sequence[Approval]
) -> tuple[RuleText, ...]:
    """Each version by which something was done or asked, with the answer that led to it."""
    versions = [(one.rule, one.rule_hash) for one in calls]
    versions += [(one.shown["rule"], one.shown["rule_hash"]) for one in asked]
    changes = await decisions.changes_of(tx, resource_id)
    return tuple([await _rule(tx, rule, hash, changes) for rule, hash in dict.fromkeys(versions)])


async def _rule(tx: Tx, rule: str, hash: str, changes: Sequence[AnyRow]) -> RuleText:
    version, signed = await rules.version(tx, hash), await rules.signed(tx, hash)
    yes = [row for row in changes if (row.rule, row.rule_hash, row.answer) == (rule, hash, "yes")]
    by = version.proposed_by if version is not None else None
    return RuleText(
        rule=rule,
        version=str(version.number) if version else "",
        hash=hash,
        mode=version.mode if version else "",
        file=version.file if version else "",
        text=version.text if version else "",
        proposed=by or "",
        signed=signed.by,
        decided_at=yes[-1].at if yes else None,
        lines=why_lines(loads(yes[-1].tree_json)) if yes else (),
    )


def _limits_then(kept: Sequence[AnyRow]) -> Mapping[str, tuple[str, ...]]:
    """The settings' limits when an action was about to be done, by its name."""
    found = {}
    for line in map(record.line_of, kept):
        if line.what == _ABOUT_TO and isinstance(line.more.get("guards"), list):
            found[str(line.more.get("effect"))] = tuple(str(one) for one in line.more["guards"])
    return found


def _call(
    bot: Bot, case: Case, effect: Effect, past: Sequence[Snapshot], limits: Mapping[str, tuple[str, ...]]
) -> Call:
    began = effect.intent_at or effect.sent_at
    # It is read just before, and kept only where that was news: what is of that very moment came of the call.
    before = [one for one in past if began is not None and one.observed_at < began]
    after = [one for one in past if began is not None and one.observed_at >= began]
    what = deed(bot, effect)
    return Call(
        what=upper(what),
        rule=effect.rule,
        planned_at=effect.planned_at,
        began_at=effect.intent_at,
        sent_at=effect.sent_at,
        ended_at=effect.changed_at,
        calls=effect.calls,
        state=state_of(bot, effect),
        reason=effect.reason,
        by=effect.done_by or "",
        sent=tuple(sorted(effect.request.items())),
        limits=limits.get(effect.name),
        before=_reading(case, before[-1]) if before else None,
        after=_reading(case, after[0]) if after else None,
    )


def _reading(case: Case, snapshot: Snapshot) -> Reading:
    return Reading(
        snapshot.observed_at,
        snapshot.vendor_status,
        _values(case, snapshot.values),
        tuple((line.payee, line.net_pay) for line in snapshot.lines or ()),
    )


def _values(case: Case, values: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    """As a rule sees them, each instant with its day and year."""
    calendar = case.facts.calendar
    return tuple(
        (
            name,
            say("unknown: {why}", why=value.why) if isinstance(value, Unread) else seen(value, calendar),
        )
        for name, value in sorted(values.items())
        if not isinstance(value, Missing)
    )


def _recorded(bot: Bot, rows: Sequence[AnyRow]) -> tuple[Recorded, ...]:
    by_id = dict(audit_keys(bot))
    found = []
    for row in rows:
        line, key = record.line_of(row), by_id.get(row.key_id)
        is_whole = audit.is_as_sealed(row, key) if row.hash is not None and key is not None else None
        found.append(
            Recorded(
                row.seq, row.at, row.actor, said_of(line), canonical(line.more), row.hash or "", is_whole
            )
        )
    return tuple(found)
