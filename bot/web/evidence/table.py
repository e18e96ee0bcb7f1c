"""Table: evidence as rows for a spreadsheet, one kind of thing after the other."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.money import Money
from bot.web.evidence.shapes import AsShown, Call, Evidence
from bot.web.spreadsheet import Cell, as_csv

COLUMNS = ("part", "at", "who", "what", "detail", "amount", "currency", "number", "seal")
Row = tuple[Cell, ...]


def tabled(evidence: Evidence) -> bytes:
    """The CSV file: UTF-8 with a byte order mark, instants with their offset."""
    return as_csv(COLUMNS, _rows(evidence))


def _rows(v: Evidence) -> Iterator[Row]:
    yield _row("pay run", v.made_at, v.zone, v.made_for, v.title, v.ref, number=v.resource)
    yield _row("state", None, v.zone, v.vendor, v.status.word, v.vendor_says)
    yield _row("the record", None, v.zone, "", v.chain)
    for name, value in v.facts:
        yield _row("value", None, v.zone, "", name, value)
    for payee, amount in v.lines:
        yield _row("line", None, v.zone, payee, "net pay", money=amount)
    for event in v.events:
        yield _row("happened", event.at, v.zone, "", event.what, event.note, event.amount)
    for question in v.questions:
        yield from _question(question, v.zone)
    for rule in v.rules:
        yield _row(
            "rule",
            rule.decided_at,
            v.zone,
            rule.proposed,
            rule.rule,
            rule.text,
            None,
            rule.version,
            rule.hash,
        )
        for person, at in rule.signed:
            yield _row("signature", at, v.zone, person, rule.rule, "", None, rule.version, rule.hash)
    for call in v.calls:
        yield from _call(call, v.zone)
    for mail in v.mails:
        yield _row("mail", mail.at, v.zone, mail.to, mail.subject, mail.said, number=mail.message_id)
    for line in v.record:
        yield _row("record", line.at, v.zone, line.actor, line.says, line.more, None, line.seq, line.hash)


def _question(one: AsShown, zone: ZoneInfo) -> Iterator[Row]:
    asked = f"asked {', '.join(one.people) or 'nobody'}; decide by {_at(one.ask.decide_by, zone)}"
    what = f"{one.ask.verb} {one.ask.title}"
    yield _row(
        "question", one.ask.asked_at, zone, one.ask.rule, what, asked, one.ask.amount, one.id, one.seal
    )
    for finding in one.ask.findings:
        yield _row("check", one.ask.asked_at, zone, "", finding.title, finding.detail, finding.amount, one.id)
    for answer in one.answers:
        said = "; ".join(
            part for part in (f"by {answer.channel}", ", ".join(answer.checks), answer.comment) if part
        )
        yield _row("answer", answer.at, zone, answer.person, answer.answer, said, None, one.id, one.seal)
    yield _row("question ended", one.closed_at, zone, "", one.state.word, one.why, None, one.id, one.seal)


def _call(one: Call, zone: ZoneInfo) -> Iterator[Row]:
    for what, at in (("planned", one.planned_at), ("about to be sent", one.began_at), ("sent", one.sent_at)):
        if at is not None:
            yield _row("call", at, zone, one.rule, f"{one.what}: {what}")
    yield _row(
        "call", one.ended_at, zone, one.by, f"{one.what}: {one.state.word}", one.reason, None, one.calls
    )
    for name, value in one.sent:
        yield _row("sent", one.began_at, zone, "", name, value)
    for limit in one.limits or ():
        yield _row("limit then", one.began_at, zone, "", limit)
    for part, reading in (("before", one.before), ("after", one.after)):
        if reading is None:
            continue
        for name, value in reading.values:
            yield _row(part, reading.at, zone, "", name, value)
        for payee, amount in reading.lines:
            yield _row(f"line {part}", reading.at, zone, payee, "net pay", money=amount)


def _row(
    part: str,
    at: datetime | None,
    zone: ZoneInfo,
    who: str,
    what: str,
    detail: str = "",
    money: Money | None = None,
    number: Cell = None,
    seal: str = "",
) -> Row:
    amount, currency = (money.amount, money.currency) if money is not None else (None, "")
    return part, _at(at, zone), who, what, detail, amount, currency, number, seal


def _at(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds") if at is not None else ""
