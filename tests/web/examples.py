"""One example of every page, in the story of Gigapay payrun 2859272."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.core.money import Money
from bot.core.rule import Mode
from bot.mail.parts import LineChange, Next
from bot.mail.preview_asks import ASK, ASK_AGAIN, ASK_CALENDAR
from bot.web.shapes import (
    ApprovalRow,
    AuditRow,
    ConnectionRow,
    Deadline,
    Event,
    Form,
    Frame,
    Key,
    MailRow,
    Need,
    PayrunRow,
    Proposal,
    RuleRow,
    Status,
    Trouble,
    WhyLine,
    WhyRule,
)
from bot.web.views import (
    ApprovalPage,
    Approvals,
    Audit,
    Connections,
    MailPage,
    Mails,
    Page,
    PayrunPage,
    Payruns,
    Problem,
    RulePage,
    Rules,
    SignIn,
    Today,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def at(hour: int, minute: int, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=STOCKHOLM).astimezone(UTC)


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


FRAME = Frame(
    person="finance-1",
    zone=STOCKHOLM,
    made_at=at(15, 7),
    waiting=2,
    sign_out=Form("/sign-out", "token-out"),
)
NOBODY = Frame(person="", zone=STOCKHOLM, made_at=at(15, 7), host="payrun.example.com")

NEEDS_YOU = Status("needs you", "need", "need")
RUN = "/payruns/gigapay-se/2859272"

TODAY = Today(
    frame=FRAME,
    needs=(
        Need(
            "Approve: close Gigapay payrun 2859272",
            "/approvals/8f3k2",
            at(16, 30),
            "net pay to 9 payees, 23.8 % more than last week. 3 checks to tick.",
            sek("18450.25"),
        ),
        Need(
            "Approve: create the next calendar from Xero calendar Weekly North",
            "/approvals/2b7q1",
            at(18, 0, 25),
            "Xero did not roll it.",
        ),
        Need(
            "Sign off: gigapay-weekly-close, version 8", "/rules/gigapay-weekly-close", None, "By payroll-1."
        ),
    ),
    deadlines=(
        Deadline(at(15, 0), "Input cut-off", "Gigapay 2859272", RUN, Status("passed", "done", "calm")),
        Deadline(at(16, 30), "Gigapay closes it by itself", "Gigapay 2859272", RUN, NEEDS_YOU),
        Deadline(
            at(18, 0, 25),
            "Bank deadline",
            "Staffology month 8",
            "/payruns/staffology-acme/Year2026-Monthly-8-1-0",
            Status("asks you Tue", "open", "calm"),
            moved="from Thu 26 Nov: pay date Sat 28 moved to Fri 27",
        ),
        Deadline(
            date(2026, 11, 25),
            "Pay date",
            "Roubler 412",
            "/payruns/roubler-au/412",
            Status("3 errors", "warn", "warn"),
            note="Ours, from calendar au-nsw",
        ),
    ),
    troubles=(
        Trouble("xero-uk cannot be read", "Last read 14:22: Xero answers 503.", "unknown", "/connections"),
    ),
    done=(
        Event(at(15, 4), "Asked you and finance-2 about payrun 2859272", "need", weight="hot", tone="acc"),
        Event(at(12, 10), "Told ops of 3 errors in Roubler run 412", "mail"),
        Event(at(8, 41), "Gigapay payrun 2858914 seen as paid", amount=sek("19588.15"), note="as expected"),
    ),
    answering="gigapay-se, staffology-acme and roubler-au answer. Last news 15:02.",
)

PAYRUNS = Payruns(
    frame=FRAME,
    rows=(
        PayrunRow(
            title="Gigapay payrun 2859272",
            url=RUN,
            connection="gigapay-se",
            status=NEEDS_YOU,
            vendor_says="Gigapay says: open",
            amount=sek("18450.25"),
            pay_on=date(2026, 11, 26),
            next=Next("Gigapay closes it by itself", at(16, 30)),
        ),
        PayrunRow(
            title="Roubler run 412",
            url="/payruns/roubler-au/412",
            connection="roubler-au",
            status=Status("3 errors", "warn", "warn"),
        ),
    ),
    connections=("gigapay-se", "roubler-au"),
    statuses=("open", "closed"),
    connection="gigapay-se",
    cut=3,
)

APPROVED = ApprovalRow(
    title="Close Gigapay payrun 2859272",
    url="/approvals/9c4m7",
    asked_at=at(15, 52),
    status=Status("approved", "done"),
    covered="10 payouts",
    amount=sek("19270.25"),
    answered="finance-1, 15:58",
)
WAITING = ApprovalRow(
    title="Create the next calendar from Xero calendar Weekly North",
    url="/approvals/2b7q1",
    asked_at=at(9, 10),
    status=NEEDS_YOU,
    decide_by=at(18, 0, 25),
    is_yours=True,
)
MAIL = MailRow(
    subject="Closed as approved: Gigapay payrun 2859272, 19 270.25 SEK",
    url="/mails/m1",
    at=at(16, 0),
    to="payroll",
    said="accepted, 2 of 2",
)

PAYRUN = PayrunPage(
    frame=replace(FRAME, made_at=at(16, 20)),
    title="Gigapay payrun 2859272",
    ref="gigapay-se/2859272",
    connection="gigapay-se",
    status=Status("Closed", "done"),
    vendor_says="Gigapay says: invoiced",
    lead="Closed at 15:59 as finance-1 approved it, and confirmed by reading it back.",
    keys=(
        Key("Net pay", sek("19270.25"), "29.3 % more than last run"),
        Key("Cost", sek("25324.95")),
        Key("Payouts", "10", "8 last run"),
        Key("Pay date", date(2026, 11, 26), "ours, from calendar se"),
    ),
    events=(
        Event(at(8, 12, 16), "First news from Gigapay", "open", "webhook, payout added; read at 08:12"),
        Event(at(15, 0), "Input cut-off", "wait"),
        Event(at(15, 21), "Changed at Gigapay after the cut-off", "warn", "payee 1083 added", "hot", "wrn"),
        Event(at(15, 59), "Closed, and confirmed", "done", "Read back twice: 10 payouts", "hot"),
    ),
    next=(Next("Bank deadline", at(16, 0, 24)), Next("Pay date", date(2026, 11, 26))),
    history=ASK_AGAIN.history,
    last_title="2858914",
    last_url="/payruns/gigapay-se/2858914",
    changed=(
        LineChange("1080", "new", None, sek("2520.00")),
        LineChange("1071", "not in this run", sek("1550.00"), None),
        LineChange("1058", "less", sek("1610.00"), sek("1240.25")),
    ),
    changed_last=sek("14905.00"),
    changed_now=sek("19270.25"),
    unchanged=(("1041", sek("2150.00")), ("1047", sek("1765.00"))),
    unread=("reminders sent: Gigapay has not answered since 16:12",),
    why=(
        WhyRule(
            rule="gigapay-weekly-close",
            url="/rules/gigapay-weekly-close",
            head="version 7, as decided Fri 20 Nov 15:03",
            lines=(
                WhyLine("yes", "status is open", "open"),
                WhyLine(
                    "unknown",
                    "any of these holds",
                    "one unread",
                    (WhyLine("no", "payouts is none", "9"), WhyLine("unknown", "cost is known", "not read")),
                ),
                WhyLine("asks", "cost is above 20 000 SEK", "24 247.31 SEK"),
            ),
            note="Yes, so it asked.",
            now=(WhyLine("no", "status is open", "closed since 15:59"),),
        ),
    ),
    approvals=(APPROVED,),
    mails=(MAIL,),
    undo=("Until the invoice is paid: delete the payrun at Gigapay.", "After it is paid: write to Gigapay."),
    hold=Form("/payruns/gigapay-se/2859272/hold", "token-hold"),
)

APPROVAL = ApprovalPage(
    frame=FRAME,
    ask=ASK,
    why_url=f"{RUN}#why",
    rule_url="/rules/gigapay-weekly-close",
    approve=Form("/approvals/8f3k2", "token-yes"),
    reject=Form("/approvals/8f3k2", "token-no"),
    hold=Form("/approvals/8f3k2", "token-wait"),
    hold_until="2026-11-23T12:00",
    type_amount="Asked above 15 000 SEK. Spaces and comma are fine.",
)

RULES = Rules(
    frame=FRAME,
    proposals=(
        Proposal(
            id="gigapay-weekly-close",
            version="8",
            url="/rules/gigapay-weekly-close?version=8",
            proposed="proposed by payroll-1, 14:02",
            detail="Ask above 22 000 SEK instead of 20 000 SEK.",
        ),
    ),
    rules=(
        RuleRow(
            id="gigapay-weekly-close",
            url="/rules/gigapay-weekly-close",
            sentence="Closes the open Gigapay payrun after the weekly cut-off; asks above 20 000 SEK.",
            mode=Mode.ACT,
            version="7",
            signed="signed by finance-2",
            answers="1 yes",
        ),
        RuleRow(
            id="next-xero-calendar",
            url="/rules/next-xero-calendar",
            sentence="Creates the next Xero pay run calendar where Xero did not roll it.",
            mode=Mode.ASK,
            version="2",
            signed="not signed: it only watches",
            answers="1 no",
            unknown=1,
        ),
    ),
    problems=('rules/gigapay.yaml:9:9  "csot" is not something a gigapay.payrun has.\n    9 |   - csot',),
)

RULE = RulePage(
    frame=FRAME,
    id="gigapay-weekly-close",
    version="8",
    title="Close the batched Gigapay payrun at the weekly cut-off",
    sentence="Closes the open Gigapay payrun after the weekly cut-off; asks above 22 000 SEK.",
    mode=Mode.ACT,
    text="- id: gigapay-weekly-close\n  when:\n    - status is open",
    file="rules/gigapay.yaml",
    status=NEEDS_YOU,
    proposed="proposed by payroll-1 today 14:02",
    until_then="Version 7 keeps running until you decide.",
    signed=("Version 7: finance-2, Mon 9 Nov 10:12",),
    guards=("gigapay-se stops above 250 000 SEK whatever a rule says.",),
    changed=((" ", "limits:"), ("-", "  ask_above: 20 000 SEK"), ("+", "  ask_above: 22 000 SEK")),
    changes=("a person is asked above 20 000 SEK → 22 000 SEK",),
    answers=(("Gigapay payrun 2859272", RUN, "yes", "since 15:03"),),
    sign_off=Form("/rules/gigapay-weekly-close/sign-off", "token-sign"),
    send_back=Form("/rules/gigapay-weekly-close/sign-off", "token-back"),
    who="payroll-1 proposed it, so one other person signs: you or finance-2.",
)

CONNECTIONS = Connections(
    frame=FRAME,
    rows=(
        ConnectionRow(
            id="gigapay-se",
            vendor="Gigapay",
            status=Status("answers", "done"),
            last_read_at=at(15, 2),
            oldest_at=None,
            last_hook_at=at(15, 1),
            pause=Form("/connections/gigapay-se/pause", "token-pause"),
        ),
        ConnectionRow(
            id="xero-uk",
            vendor="Xero",
            status=Status("cannot be read", "unknown", "warn"),
            last_read_at=at(14, 22),
            oldest_at=at(13, 40),
            last_hook_at=None,
            takes_hooks=False,
            detail="Xero answers 503.",
            paused="finance-1 paused it at 14:30: month end",
            resume=Form("/connections/xero-uk/resume", "token-resume"),
        ),
    ),
    pause_all=Form("/pause", "token-all"),
)

MAILS = Mails(frame=FRAME, rows=(MAIL,))
MAIL_PAGE = MailPage(
    frame=FRAME,
    subject=MAIL.subject,
    headers=(("From", "Payrun bot <payrun-bot@example.com>"), ("To", "payroll-1@example.com")),
    text="CLOSED AND CONFIRMED\n\nGigapay payrun 2859272 is closed\n",
    html_url="/mails/m1/html",
    outcomes=("payroll-1@example.com: accepted, 250 queued",),
    about="Gigapay payrun 2859272",
    about_url=RUN,
)
AUDIT = Audit(
    frame=FRAME,
    rows=(
        AuditRow(412, at(15, 58), "finance-1", "approved: close, 10 payouts", "Gigapay payrun 2859272", RUN),
        AuditRow(411, at(15, 52), "payrunbot", "asked finance-1 and finance-2"),
    ),
    chain=Status("The chain verifies", "done"),
    chain_note="412 entries, the last sealed 15:58.",
    older_url="/audit?before=411",
)
SIGN_IN = SignIn(
    frame=NOBODY,
    form=Form("/sign-in", "token-in"),
    going_to="the approval of Gigapay payrun 2859272",
)
PROBLEM = Problem(
    frame=FRAME,
    status=Status("Not accepted", "fail", "bad"),
    title="Nothing was decided: the payrun changed while you were reading",
    says=("You pressed Approve at 15:22. Nothing was closed and no money was moved.", "You are asked again."),
    button="See what changed",
    url="/approvals/9c4m7",
    for_ops="409, k7q2-94fd, 15:22:08",
)

PAGES: dict[str, Page] = {
    "today": TODAY,
    "today, with nothing in it": Today(frame=FRAME, needs=(), deadlines=(), troubles=(), done=()),
    "pay runs": PAYRUNS,
    "pay runs, none": Payruns(frame=FRAME, rows=(), connections=(), statuses=()),
    "pay run": PAYRUN,
    "pay run, bare": PayrunPage(
        frame=FRAME,
        title="Roubler run 412",
        ref="roubler-au/412",
        connection="roubler-au",
        status=Status("Finalised", "open"),
        facts=(("errors", "3"), ("period", "2 to 15 November")),
    ),
    "pay run, to be settled and held": replace(
        PAYRUN,
        settle=Form("/payruns/gigapay-se/2859272/settle", "token-settle"),
        held="finance-1 holds it until Mon 23 Nov 12:00: by hand",
        hold=None,
        release=Form("/payruns/gigapay-se/2859272/release", "token-release"),
    ),
    "approvals": Approvals(
        frame=FRAME, waiting=(WAITING, replace(WAITING, is_yours=False)), decided=(APPROVED,)
    ),
    "approvals, none": Approvals(frame=FRAME, waiting=(), decided=()),
    "approval": APPROVAL,
    "approval again": replace(APPROVAL, ask=ASK_AGAIN),
    "approval of a calendar": replace(APPROVAL, ask=ASK_CALENDAR, type_amount=""),
    "approval with checks missed": replace(APPROVAL, missing=("first-time-payees",)),
    "approval that is over": replace(
        APPROVAL, approve=None, reject=None, hold=None, closed="finance-2 approved at 15:20."
    ),
    "approval of somebody else": replace(
        APPROVAL, approve=None, reject=None, hold=None, may_not="You proposed this rule's version."
    ),
    "rules": RULES,
    "rules, none": Rules(frame=FRAME, proposals=(), rules=()),
    "rule to sign": RULE,
    "rule that runs": replace(
        RULE, sign_off=None, send_back=None, changed=(), guards=(), answers=(), signed=(), who=""
    ),
    "rule of one's own": replace(RULE, sign_off=None, send_back=None, may_not="You proposed it."),
    "connections": CONNECTIONS,
    "everything paused": replace(
        CONNECTIONS,
        paused="finance-1 paused everything at 14:30",
        resume_all=Form("/resume", "t"),
        pause_all=None,
    ),
    "mails": MAILS,
    "inbox": replace(MAILS, inbox=True, cut=2),
    "mail": MAIL_PAGE,
    "audit": AUDIT,
    "audit, empty": replace(AUDIT, rows=(), older_url=""),
    "sign-in": SIGN_IN,
    "sign-in refused": replace(
        SIGN_IN, refused="This token is not known, or it has expired.", tries_left="2 more tries."
    ),
    "error": PROBLEM,
}
