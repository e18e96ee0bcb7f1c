"""One example of every page, in the story of Gigapay payrun 2859272."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.money import Money
from bot.core.rule import Mode
from bot.engine.answered import MonthRow
from bot.mail.parts import LineChange, Next
from bot.mail.preview_asks import ASK, ASK_AGAIN, ASK_CALENDAR, ASKS_CLEAN
from bot.web.listed import CleanList, ListedRow
from bot.web.mail_views import ExampleLink, MailExample, MailTemplates, TemplateRow
from bot.web.persons import Month, NewToken, People, PersonRow, TokenRow
from bot.web.rule_views import (
    Checks,
    Figure,
    Muting,
    RuleChange,
    RuleEdit,
    RulePage,
    Rules,
    RuleTry,
    TestRow,
    Trial,
    TrialRow,
    ValueField,
    VersionRow,
)
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
    Pager,
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
    SignIn,
    Today,
)
from bot.web.weeks import Calendar, Day, Item, Week

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
    vendors=("gigapay", "roubler"),
    asked={"connection": "gigapay-se", "q": "2026-11", "paid_from": "2026-11-01"},
    pager=Pager(older="/payruns?connection=gigapay-se&cursor=b2xk", newer="/payruns?cursor=bmV3"),
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
    unchanged_sum=sek("3915.00"),
    evidence_url=f"{RUN}/evidence",
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

DIFFERS_NOT = "It does not: every payee gets what they got last run."

CLEAN_LIST = CleanList(
    frame=FRAME,
    day=date(2026, 11, 20),
    rows=tuple(ListedRow(str(number), f"/approvals/{number}", one) for number, one in enumerate(ASKS_CLEAN)),
    approve=Form("/approvals/list/approve", "token-list"),
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

TEST = TestRow(2, 31, "now: Fri 13 Nov 2026 15:05, cost: 20 000.01 SEK", "ask", "act", ("cost: yes, saw 1",))
CHECKS = Checks((replace(TEST, got="ask"), TEST), 14, (("ask_above 22 000 SEK; cost unknown", "ask", "act"),))
TRIAL = Trial(
    period="Mon 24 Aug to Fri 20 Nov 2026",
    readings=212,
    figures=(Figure("Done without asking, more", 1, (sek("20120.40"),)), Figure("The same", 12)),
    rows=(
        TrialRow(
            at(15, 4, 13),
            "gigapay-se/2855870",
            RUN,
            "asked",
            "done without asking",
            sek("20120.40"),
            (("now", WhyLine("yes", "cost is more than 20 000 SEK", "20 120.40 SEK")),),
        ),
    ),
    cut=3,
    short="The record begins there: it is of Mon 9 Nov to Fri 20 Nov 2026, 11 days instead of 31.",
)
RULE_EDIT = RuleEdit(
    frame=FRAME,
    id="gigapay-weekly-close",
    sentence="Closes the open Gigapay payrun after the weekly cut-off; asks above 20 000 SEK.",
    fields=(
        ValueField("v:mode", "v1", "Mode", "", "act", "Mode, such as ask", ("off", "watch", "ask", "act")),
        ValueField("v:when.4", "v2", "last payout was more than", "ago", "30 minutes", "Length of time"),
        ValueField(
            "v:limits.ask_above",
            "v3",
            "A person is asked above",
            "",
            "20 kr",
            "Amount",
            wrong="That is none.",
        ),
    ),
    file="9f86d081",
    file_name="rules/gigapay.yaml",
    preview=Form("/rules/gigapay-weekly-close/preview", "token-preview"),
)
RULE_CHANGE = RuleChange(
    frame=FRAME,
    id="gigapay-weekly-close",
    rows=(("A person is asked above", "20 000 SEK", "22 000 SEK"),),
    changes=("a person is asked above 20 000 SEK → 22 000 SEK",),
    wider="It is wider than version 7: it would act without asking, for example at cost: 20 000.01 SEK.",
    narrower="",
    signed="version 7",
    lines=((" ", "limits:"), ("-", "  ask_above: 20 000 SEK"), ("+", "  ask_above: 22 000 SEK")),
    file_name="rules/gigapay.yaml",
    tests=((TEST, False, True), (replace(TEST, number=3), True, True)),
    tests_run=16,
    trial=TRIAL,
    typed=(("v:limits.ask_above", "22 000 SEK"),),
    file="9f86d081",
    result="60303ae2",
    preview=Form("/rules/gigapay-weekly-close/preview", "token-preview"),
    propose=Form("/rules/gigapay-weekly-close/propose", "token-propose"),
    edit_url="/rules/gigapay-weekly-close/edit",
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
    wider="It is wider than version 7: it would act without asking.",
    narrower="It does less than version 7: it would not act where that one acts.",
    wrong=("It and another both close it.",),
    trial=TRIAL,
    checks=CHECKS,
    counted="1 yes, over 1 000 no",
    did=(("done", "4"), ("told", "2")),
    history=(
        VersionRow(
            8, at(14, 2), Mode.ACT, "waits for sign-off", ("payroll-1 proposed it, Fri 20 Nov 14:02",)
        ),
        VersionRow(7, at(10, 12, 9), Mode.ACT, "runs", ("finance-2 signed it, Mon 9 Nov 10:12",)),
        VersionRow(6, at(10, 12, 2), Mode.WATCH, ""),
    ),
    muting=Muting(mute=Form("/rules/gigapay-weekly-close/mute", "token-mute"), until="2026-11-21T15:07"),
    edit_url="/rules/gigapay-weekly-close/edit",
    try_url="/rules/gigapay-weekly-close/try",
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

MAILS = Mails(
    frame=FRAME,
    rows=(MAIL,),
    asked={"q": "closed", "state": "sent"},
    pager=Pager(older="/mails?q=closed&cursor=b2xk", looked_to=at(9, 0, 3)),
)
MAIL_TEMPLATES = MailTemplates(
    frame=FRAME,
    rows=(
        TemplateRow("notice", True, "", (ExampleLink("notice", "/mails/templates/en/notice"),)),
        TemplateRow("ours", True, "", ()),
        TemplateRow("payrun_closed", False, "", (ExampleLink("b", "/mails/templates/en/b"),)),
    ),
    refused=0,
    folder="templates",
)

MAIL_EXAMPLE = MailExample(
    frame=FRAME,
    example="notice",
    subject="News of Roubler run 412",
    text="NEWS\n\nOf Roubler run 412.\n",
    html_url="/mails/templates/en/notice/html",
    problem="",
    languages=(
        ExampleLink("English", "/mails/templates/en/notice", True),
        ExampleLink("Swedish", "/mails/templates/sv/notice"),
    ),
)

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
    head="Kept outside of the database: line 512, sealed as 0f3a, Fri 20 Nov 15:07.",
    verify=Form("/audit/verify", "token-verify"),
    evidence=(("Gigapay payrun 2859272", f"{RUN}/evidence"),),
    people=("finance-1", "payrunbot"),
    kinds=("approved", "signed in"),
    rules=("gigapay-weekly-close",),
    asked={"person": "finance-1", "since": "2026-11-20"},
    pager=Pager(older="/audit?person=finance-1&cursor=b2xk"),
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

CALENDAR = Calendar(
    frame=FRAME,
    weeks=(
        Week(
            52,
            (
                Day(on=date(2026, 12, 21), items=(), is_today=True),
                Day(
                    on=date(2026, 12, 22),
                    items=(
                        Item(
                            what="bank",
                            whose="Staffology",
                            at=at(18, 0, 22),
                            elsewhere="17:00 London",
                            moved_from="Thu 24 Dec",
                        ),
                    ),
                ),
                Day(
                    on=date(2026, 12, 23),
                    items=(
                        Item(what="pay date", whose="Roubler", elsewhere="Sydney"),
                        Item(
                            what="cut-off",
                            whose="Gigapay",
                            at=at(14, 0, 23),
                            run="payrun 2859272",
                            url=RUN,
                            status=Status("open", "open", "calm"),
                            moved_from="Fri 25 Dec 15:00",
                        ),
                    ),
                    closed=("Day before Christmas Eve: se until 14:00",),
                ),
                Day(on=date(2026, 12, 24), items=(), closed=("Christmas Eve: se closed",), is_shut=True),
                Day(
                    on=date(2026, 12, 25),
                    items=(),
                    closed=("Christmas Day: se, uk-bacs closed",),
                    is_shut=True,
                ),
            ),
        ),
    ),
    ahead=6,
    moved=10,
    by=("Christmas Eve", "Christmas Day"),
    collisions=(
        (
            "Gigapay: approval Fri 18 Dec falls before its cut-off",
            "Lines may be added until Fri 18 Dec 15:00.",
        ),
        ("Gigapay: bank twice on Mon 21 Dec", "See that none is forgotten."),
    ),
    more=1,
    calendars=("se", "uk-bacs"),
    quiet="",
    legend=("se: SE, Stockholm.",),
)
PEOPLE = People(
    frame=FRAME,
    rows=(
        PersonRow(
            id="finance-1",
            roles="approver",
            limits=("500 000 SEK", "50 000 GBP"),
            language="English",
            signed_in_at=at(8, 2),
            answered=7,
            away=("away until Mon 30 Nov: on leave",),
            back_on="Mon 30 Nov",
            tokens=(
                TokenRow(
                    "1f2e3d4c", at(9, 0, 2), "finance-1", at(9, 0, 30), at(8, 2), Form("/people/revoke", "tr")
                ),
                TokenRow("5b6a7988", at(9, 0, 2), "this machine", at(9, 0, 30), None),
            ),
            is_you=True,
        ),
        PersonRow(
            id="finance-2",
            roles="approver",
            limits=("500 000 SEK, as finance-1",),
            stands_in_for="finance-1",
            language="Swedish",
        ),
        PersonRow(id="audit-1", roles="viewer", limits=(), tokens=()),
    ),
    gaps=("Now until Mon 30 Nov: Without finance-1 nobody may approve more than 50 000 SEK.",),
    groups=(("ops", "ops@example.com"), ("finance", "finance-1, finance-2")),
    decide=(("up to 250 000 SEK", "finance-1 or finance-2"),),
    rules=(("gigapay-weekly-close", "above 100 000 SEK nobody may approve alone: two people do"),),
    month_url="/people/2026-11",
    issue=Form("/people/token", "ti"),
    go=Form("/people/away", "tg"),
    back=Form("/people/back", "tb"),
    may_for=("finance-1", "finance-2"),
    may_return=("finance-1",),
)
MONTH = Month(
    frame=FRAME,
    name="November 2026",
    rows=(
        MonthRow(
            person="finance-1",
            approved=6,
            rejected=1,
            lapsed=0,
            held=2,
            median=timedelta(minutes=32),
            fast=1,
            not_counted=2,
        ),
    ),
    is_over=True,
    csv_url="/people/2026-11?format=csv",
    before_url="/people/2026-10",
    after_url="/people/2026-12",
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
    "approval with another amount typed": replace(
        APPROVAL,
        wrong="You typed 18 450.20 SEK, and the net pay that is shown is another. Compare them.",
        ticked=("first-time-payees",),
    ),
    "approval of two people": replace(
        APPROVAL,
        ask=replace(
            ASK, people_needed=2, decide_by_there="15:30 London", differs=(), differs_not=DIFFERS_NOT
        ),
        approved="Approved already by finance-2 Fri 20 Nov 15:20.",
    ),
    "approvals, the clean ones": CLEAN_LIST,
    "approvals, no clean one": replace(CLEAN_LIST, rows=(), approve=None),
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
        RULE,
        sign_off=None,
        send_back=None,
        changed=(),
        changes=(),
        guards=(),
        answers=(),
        history=(),
        who="",
        wider="",
        narrower="",
        wrong=(),
        trial=None,
        checks=None,
        did=(),
        counted="",
        edit_url="",
        try_url="",
        muting=Muting(
            "finance-1 muted it until Sat 21 Nov 15:07: known", unmute=Form("/rules/r/unmute", "t")
        ),
    ),
    "rule sent back": replace(
        RULE,
        sign_off=None,
        send_back=None,
        sent_back="finance-1 sent it back, Fri 20 Nov 15:03: too high",
        propose_again=Form("/rules/gigapay-weekly-close/propose-again", "t"),
        muting=None,
    ),
    "rule tried": RuleTry(
        frame=FRAME,
        id="gigapay-weekly-close",
        version="8",
        sentence="Closes the open Gigapay payrun after the weekly cut-off.",
        mode=Mode.ACT,
        modes=(Mode.WATCH, Mode.ASK, Mode.ACT),
        trial=TRIAL,
        days=31,
    ),
    "rule not tried": RuleTry(
        frame=FRAME,
        id="gigapay-weekly-close",
        version="8",
        sentence="Closes the open Gigapay payrun after the weekly cut-off.",
        mode=Mode.ASK,
        modes=(Mode.WATCH, Mode.ASK, Mode.ACT),
        trial=Trial(trouble="Nothing that it is about has been read yet."),
        days=31,
    ),
    "rule's values": RULE_EDIT,
    "rule's values, refused": replace(
        RULE_EDIT, wrong="rules/a.yaml:3:9  that is wrong", may_be_written=False
    ),
    "rule's values, in a folder that is only read": replace(RULE_EDIT, may_be_written=False),
    "rule's change": RULE_CHANGE,
    "rule's change without tests that fail": replace(
        RULE_CHANGE, tests=(), preview=None, wider="", narrower="", signed=""
    ),
    "rule's change that waits for its tests": replace(RULE_CHANGE, propose=None),
    "rule's change to hand over": replace(
        RULE_CHANGE, propose=None, text="rules:\n  - id: a", tests=(), preview=None
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
    "inbox": replace(MAILS, inbox=True, asked={}, pager=Pager()),
    "mail": MAIL_PAGE,
    "mail templates": MAIL_TEMPLATES,
    "mail templates, one refused": replace(
        MAIL_TEMPLATES,
        refused=1,
        rows=(replace(MAIL_TEMPLATES.rows[0], refused="notice/body.txt:2: 'x' is undefined"),),
    ),
    "mail example": MAIL_EXAMPLE,
    "mail example that cannot be made": replace(
        MAIL_EXAMPLE, subject="", text="", html_url="", problem="notice/body.txt:2: 'x' is undefined"
    ),
    "audit": AUDIT,
    "audit, empty": replace(AUDIT, rows=(), asked={}, pager=Pager(), verify=None),
    "sign-in": SIGN_IN,
    "sign-in refused": replace(
        SIGN_IN, refused="This token is not known, or it has expired.", tries_left="2 more tries."
    ),
    "error": PROBLEM,
    "calendar": CALENDAR,
    "calendar, one collision": replace(
        CALENDAR, collisions=CALENDAR.collisions[:1], by=("Christmas Day",), moved=1
    ),
    "calendar, nothing known": replace(
        CALENDAR, weeks=(), moved=0, by=(), collisions=(), quiet="1 and 2", ahead=26, calendar="se"
    ),
    "people": PEOPLE,
    "people, to a viewer": replace(
        PEOPLE,
        rows=(replace(PEOPLE.rows[1], is_you=True),),
        gaps=(),
        rules=(),
        back=None,
        may_for=("audit-1",),
        may_return=(),
    ),
    "new token": NewToken(frame=FRAME, token="prb_invented", expires_at=at(15, 7, 21)),
    "month": MONTH,
    "month, nobody": replace(
        MONTH,
        rows=(MonthRow(person="audit-1", approved=0, rejected=0, lapsed=0, held=0, median=None, fast=0),),
        is_over=False,
        after_url="",
        cut=True,
    ),
}
