"""What happened, line by line: what was expected beside what was seen.

What is seen of vendor actions comes from the sandbox vendors' own ledgers, and of mail
from the inbox: the bot is never asked about itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.demo.cast import Cast
from bot.demo.config import APPROVER, PROPOSER
from bot.demo.stage import Stage
from bot.demo.story import FIRST_PAYOUTS, FIRST_RUN, SECOND_RUN, STOCKHOLM
from bot.sandbox import Received, Vendor
from bot.sandbox.staffology.server import ACME, PILOT

PAYROLL_MAIL, FINANCE_MAIL, OPS_MAIL = f"{PROPOSER}@example.com", f"{APPROVER}@example.com", "ops@example.com"


@dataclass(frozen=True, slots=True)
class ReportLine:
    story: int
    id: str
    what: str
    expected: str
    seen: str
    ok: bool


def _line(story: int, id: str, what: str, expected: str, seen: str) -> ReportLine:
    return ReportLine(story, id, what, expected, seen, expected == seen)


def _local(text: str) -> str:
    """An instant of a ledger as the story tells times."""
    return f"{datetime.fromisoformat(text).astimezone(STOCKHOLM):%a %d %b %H:%M}"


def _times(entries: Sequence[dict[str, Any]]) -> str:
    count = len(entries)
    when = ", ".join(_local(entry["at"]) for entry in entries)
    return f"{count} time{'' if count == 1 else 's'}{f', {when}' if when else ''}"


def _by_client(vendor: Vendor[Any], call: str, target: str | None = None) -> list[dict[str, Any]]:
    """What the bot's requests really changed at a vendor."""
    return [
        entry
        for entry in vendor.ledger.effects(call)
        if entry["by"] == "client" and target in (None, entry["target"])
    ]


def _mails(stage: Stage, to: str, *parts: str) -> list[Received]:
    return [mail for mail in stage.inbox.to(to) if all(part in subject(mail) for part in parts)]


def subject(mail: Received) -> str:
    return " ".join(str(mail.message["Subject"]).replace("\u00a0", " ").split())


def _text(mail: Received) -> str:
    body = mail.message.get_body(("plain",))
    return str(body.get_content()) if body else ""


def report(stage: Stage, cast: Cast) -> list[ReportLine]:
    """Every line of the story."""
    parts: Iterable[Callable[[Stage, Cast], list[ReportLine]]] = (
        _closed_by_rule,
        _asked_twice,
        _calendars,
        _errors,
        _staffology,
        _nothing_twice,
    )
    return [line for part in parts for line in part(stage, cast)]


def _closed_by_rule(stage: Stage, cast: Cast) -> list[ReportLine]:
    ledger = stage.gigapay.ledger
    payouts = [e for e in ledger.entries if e["call"] == "add_payout" and e["target"] == FIRST_RUN]
    closed = _by_client(stage.gigapay, "close", FIRST_RUN)
    asked = _mails(stage, FINANCE_MAIL, "pprove", FIRST_RUN)
    read_back = [
        e
        for e in ledger.entries
        if closed
        and e["call"] == "GET /payruns/:id/"
        and e["target"] == FIRST_RUN
        and e["at"] >= closed[0]["at"]
    ]
    told = _mails(stage, PAYROLL_MAIL, "Closed", FIRST_RUN)
    return [
        _line(1, "grew", f"payrun {FIRST_RUN} grew by payouts", str(len(FIRST_PAYOUTS)), str(len(payouts))),
        _line(
            1,
            "closed",
            f"payrun {FIRST_RUN} was closed by rule, after its cut-off",
            "1 time, Fri 13 Nov 15:00",
            _times(closed),
        ),
        _line(1, "unasked", "nobody was asked: it is not over 20 000 SEK", "0 mails", f"{len(asked)} mails"),
        _line(1, "confirmed", "it was confirmed by reading it back", "yes", "yes" if read_back else "no"),
        _line(1, "told", "its summary was mailed to payroll", "1 mail", _count(told)),
    ]


def _count(mails: Sequence[Received]) -> str:
    return f"{len(mails)} mail{'' if len(mails) == 1 else 's'}"


def _asked_twice(stage: Stage, cast: Cast) -> list[ReportLine]:
    first = _mails(stage, FINANCE_MAIL, "Approve by", SECOND_RUN)
    withdrawn = _mails(stage, FINANCE_MAIL, "Withdrawn", SECOND_RUN)
    again = _mails(stage, FINANCE_MAIL, "Changed, approve again", SECOND_RUN)
    waited = again[0].at - first[0].at if first and again else timedelta(0)
    shows = bool(again) and "1083" in _text(again[0]) and "1 120.00" in _text(again[0]).replace("\u00a0", " ")
    refused = [one for one in cast.tried if one.person == PROPOSER and one.ref.endswith(SECOND_RUN)]
    allowed = [one for one in cast.tried if one.was_allowed and one.ref.endswith(SECOND_RUN)]
    closed = _by_client(stage.gigapay, "close", SECOND_RUN)
    return [
        _line(
            2,
            "asked",
            f"payrun {SECOND_RUN}, over 20 000 SEK, was proposed, not closed",
            "1 mail",
            _count(first),
        ),
        _line(
            2,
            "withdrawn",
            "a payout came, so the asking was withdrawn, and that was said",
            "1 mail",
            _count(withdrawn),
        ),
        _line(
            2,
            "asked-again",
            "it was asked anew, showing the difference",
            "1 mail, with payee 1083",
            f"{_count(again)}, {'with' if shows else 'without'} payee 1083",
        ),
        _line(
            2,
            "waited",
            "at least 30 minutes after the first asking",
            "yes",
            "yes" if waited >= timedelta(minutes=30) else f"no, {waited}",
        ),
        _line(
            2,
            "proposer-refused",
            f"{PROPOSER}, who proposed the rule, may not approve it",
            "refused",
            _refused(refused),
        ),
        _line(
            2,
            "approved",
            "another person approved it on the page",
            APPROVER,
            ", ".join(one.person for one in allowed),
        ),
        _line(2, "closed", "only then it was closed", "1 time, Fri 20 Nov 15:58", _times(closed)),
        _line(
            2,
            "told",
            "its summary was mailed to payroll",
            "1 mail",
            _count(_mails(stage, PAYROLL_MAIL, "Closed as approved", SECOND_RUN)),
        ),
    ]


def _refused(tried: Sequence[Any]) -> str:
    return "refused" if tried and not any(one.was_allowed for one in tried) else "not refused"


def _calendars(stage: Stage, cast: Cast) -> list[ReportLine]:
    ledger = stage.xero.ledger
    made = _by_client(stage.xero, "create_calendar")
    types = [
        str(one["calendarType"])
        for one in stage.xero.state.calendars.values()
        if any(entry["target"] == one["payRollCalendarID"] for entry in made)
    ]
    reads = [
        e
        for e in ledger.entries
        if made and e["call"] == "GET /PayRunCalendars" and e["reply"] == "200" and e["at"] > made[0]["at"]
    ]
    asked = _mails(stage, FINANCE_MAIL, "Approve by", "calendar")
    return [
        _line(
            3,
            "rolled",
            "the weekly calendar moved on by itself: none was created for it",
            "0",
            str(types.count("Weekly")),
        ),
        _line(
            3,
            "asked",
            "for the fortnightly one, which did not, one person was asked",
            "1 mail",
            _count(asked),
        ),
        _line(3, "created", "approved, it got its next calendar", "1 time, Thu 12 Nov 14:00", _times(made)),
        _line(
            3,
            "once",
            "and no other, however often the list was read again",
            "more than 100 readings",
            "more than 100 readings" if len(reads) > 100 else f"{len(reads)} readings",
        ),
    ]


def _errors(stage: Stage, cast: Cast) -> list[ReportLine]:
    about = _mails(stage, OPS_MAIL, "3 errors in Roubler")
    reminded = _mails(stage, OPS_MAIL, "Still open: 3 errors in Roubler")
    told = [mail for mail in about if mail not in reminded]
    passed_on = _mails(stage, FINANCE_MAIL, "Passed on: 3 errors in Roubler")
    text = _text(told[0]) if told else ""
    named = [id for id in ("72944", "72951") if id in text]
    messages = [one for one in ("Pay rate missing", "not approved", "No pay type") if one in text]
    cleared = _mails(stage, OPS_MAIL, "Cleared")
    return [
        _line(4, "told", "operations were told once of the errors, together", "1 mail", _count(told)),
        _line(
            4,
            "named",
            "with each error and employee id",
            "3 errors, 2 employees",
            f"{len(messages)} errors, {len(named)} employees",
        ),
        _line(4, "reminded", "and again at 09:00 in Sydney", "1 mail", _count(reminded)),
        _line(4, "passed-on", "payroll's lead after four working hours", "1 mail", _count(passed_on)),
        _line(4, "cleared", "and once when they were gone", "1 mail", _count(cleared)),
        _line(
            4,
            "nothing-done",
            "nothing was done at Roubler",
            "0 times",
            _times(_by_client(stage.roubler, "process_pay_run")),
        ),
    ]


def _staffology(stage: Stage, cast: Cast) -> list[ReportLine]:
    done = _by_client(stage.staffology, "change_state")
    acme = [e for e in done if e["employer"] == ACME]
    pilot = [e for e in done if e["employer"] == PILOT]
    vendor = [e for e in stage.staffology.ledger.effects("auto_pilot") if e["employer"] == PILOT]
    alone = _mails(stage, PAYROLL_MAIL, "Left alone")
    return [
        _line(
            5,
            "asked",
            "the Acme run was asked two bank days before pay day",
            "1 mail",
            _count(_mails(stage, FINANCE_MAIL, "Approve by", "Staffology")),
        ),
        _line(5, "finalised", "approved, it was finalised", "1 time, Wed 18 Nov 09:30", _times(acme)),
        _line(
            5,
            "told",
            "its summary was mailed to payroll",
            "1 mail",
            _count(_mails(stage, PAYROLL_MAIL, "Finalised as approved")),
        ),
        _line(5, "left-alone", "the Pilot run, with AutoPilot on, was left alone", "0 times", _times(pilot)),
        _line(5, "said-so", "the bot said so, once", "1 mail", _count(alone)),
        _line(5, "by-itself", "and AutoPilot finalised it", "1 time", _times(vendor).partition(",")[0]),
    ]


def _nothing_twice(stage: Stage, cast: Cast) -> list[ReportLine]:
    copies = Counter(
        (vendor.name, entry["url"], entry["sha256"])
        for vendor in stage.vendors
        for entry in vendor.deliveries.log
        if entry["status"] == 200
    )
    lost = [entry for vendor in stage.vendors for entry in vendor.deliveries.log if entry["status"] != 200]
    effects = Counter(
        (vendor.name, entry["call"], entry.get("employer", ""), entry["target"])
        for vendor in stage.vendors
        for entry in vendor.ledger.effects()
        if entry["by"] == "client" and entry["call"] in ("close", "create_calendar", "change_state")
    )
    calls = [e for e in stage.gigapay.ledger.entries if e["call"] == "close" and e["target"] == FIRST_RUN]
    trouble = Counter(e["reply"] for e in stage.xero.ledger.entries if e["by"] == "client")
    failing = len(_mails(stage, OPS_MAIL, "xero-uk cannot be read"))
    recovered = len(_mails(stage, OPS_MAIL, "xero-uk can be read again"))
    ids = Counter((str(mail.message["Message-ID"]), mail.recipients) for mail in stage.inbox.messages)
    return [
        _line(
            6,
            "webhooks",
            "every webhook came twice or more, in any order, and was taken",
            "all",
            "all" if copies and min(copies.values()) >= 2 and not lost else f"{len(lost)} not taken",
        ),
        _line(
            6,
            "lost-reply",
            f"the close of {FIRST_RUN} lost its reply after Gigapay acted; it was not sent again",
            "1 call, lost",
            f"{len(calls)} call{'' if len(calls) == 1 else 's'}, {', '.join(e['reply'] for e in calls)}",
        ),
        _line(
            6,
            "vendor-down",
            "Xero answered 500 and 429 for a while",
            "both",
            "both" if trouble["500"] and trouble["429"] else f"{dict(trouble)}",
        ),
        _line(
            6,
            "told-once",
            "operations were told once, and once when it was over",
            "1 and 1",
            f"{failing} and {recovered}",
        ),
        _line(
            6,
            "nothing-twice",
            "no vendor was made to do anything twice",
            "4 done, each once",
            f"{len(effects)} done, {'each once' if set(effects.values()) == {1} else f'{effects}'}",
        ),
        _line(
            6,
            "mails-once",
            "every mail arrived once",
            "each once",
            "each once" if set(ids.values()) == {1} else str({id: n for id, n in ids.items() if n > 1}),
        ),
    ]


def as_json(
    stage: Stage, lines: Sequence[ReportLine], *, started_at: datetime, ended_at: datetime, took_s: float
) -> dict[str, Any]:
    """The report for programs; see the documentation of `demo --once --json`."""
    connection_of = {"gigapay": "gigapay-se", "xero": "xero-uk", "roubler": "roubler-au"}
    employers = {ACME: "staffology-acme", PILOT: "staffology-pilot"}
    return {
        "ok": all(line.ok for line in lines),
        "started_at": started_at.isoformat(),
        "ended_at": ended_at.isoformat(),
        "took_s": round(took_s, 1),
        "lines": [asdict(line) for line in lines],
        "ledger": [
            {
                "connection": connection_of.get(vendor.name)
                or employers.get(entry.get("employer", ""), vendor.name),
                **{name: entry[name] for name in ("call", "target", "at", "reply")},
            }
            for vendor in stage.vendors
            for entry in vendor.ledger.entries
            if entry["effect"] or entry["call"] == "close"
        ],
        "mails": [
            {
                "to": recipient,
                "subject": subject(mail),
                "message_id": str(mail.message["Message-ID"]),
                "at": mail.at.isoformat(),
            }
            for mail in stage.inbox.messages
            for recipient in mail.recipients
        ],
    }
