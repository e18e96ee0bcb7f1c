"""The questions of the letters' examples: asked, asked again, and one without an amount."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.core.money import Money
from bot.mail.asked import Asked
from bot.mail.parts import AmountRow, Change, Difference, Finding, History, LineChange

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PAGE = "https://payrun.example.com"
RUN = f"{PAGE}/payruns/gigapay-se/2859272"


def at(hour: int, minute: int, day: int = 20, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=STOCKHOLM).astimezone(UTC)


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def gbp(amount: str) -> Money:
    return Money.of(amount, "GBP")


_PAST = tuple(
    (date(2026, month, day), sek(amount))
    for month, day, amount in (
        (10, 9, "13760.00"),
        (10, 16, "14655.00"),
        (10, 23, "15020.00"),
        (10, 30, "14390.00"),
        (11, 6, "14730.00"),
        (11, 13, "14905.00"),
    )
)

ASK = Asked(
    title="Gigapay payrun 2859272",
    verb="Close",
    vendor="Gigapay",
    connection="gigapay-se",
    asked_at=at(15, 4),
    decide_by=at(16, 30),
    rule="gigapay-weekly-close",
    version="7",
    amount=sek("18450.25"),
    amount_note="23.8 % more than last run",
    people=9,
    paid_to="9 payouts to 9 payees",
    pay_on=date(2026, 11, 26),
    pay_on_note="ours, from calendar se",
    amounts=(
        AmountRow("Net pay", sek("18450.25"), sek("14905.00"), "what payees receive"),
        AmountRow("Cost", sek("24247.31"), sek("19588.15"), "what you pay"),
    ),
    history=History.of("Net pay", _PAST, (date(2026, 11, 20), sek("18450.25"))),
    differs=(
        Change("2 joined", "1078, 1080", sek("5135.00")),
        Change("1 left", "1071", sek("-1550.00")),
        Change("1 gets less", "1058", sek("-369.75")),
        Change("1 gets more", "1044", sek("330.00")),
    ),
    findings=(
        Finding("first-time-payees", "2 first-time payees", "1078 and 1080", sek("5135.00"), "together"),
        Finding(
            "missing-since-last-run", "1 missing since last run", "Payee 1071", sek("1550.00"), "last time"
        ),
        Finding("change-in-net-pay", "25.6 % above the median of the last six", "The guard asks above 25 %"),
    ),
    clean=(
        "Possible duplicates: none",
        "Negative net pay: none",
        "Payouts not onboarded: none",
        "Payouts after the cut-off: none",
        "Payrun and its lines disagree: no",
        "Other currency than SEK: none",
    ),
    not_checked=(
        "Bank details: Gigapay holds them and does not show them.",
        "Whether the work was done.",
        "Tax.",
    ),
    then=(
        "payrunbot reads the payrun again and closes it if nothing changed.",
        "Gigapay, by itself, then tells 9 payees and mails the invoice.",
        "payrunbot confirms by reading back and mails payroll.",
    ),
    final="It cannot be opened again.",
    final_more="Until the invoice is paid two people can delete it; by then the payees have been told.",
    deputies=("finance-2",),
    silence="payrunbot does nothing and Gigapay closes it at 16:30 anyway.",
    silence_more="To stop that, delete its payouts at Gigapay before 16:30.",
    prepared="Gigapay does not say who added the payouts.",
)

ASK_AGAIN = replace(
    ASK,
    asked_at=at(15, 52),
    first_asked_at=at(15, 4),
    amount=sek("19270.25"),
    amount_note="29.3 % more than last run",
    people=10,
    paid_to="10 payouts to 10 payees",
    amounts=(
        AmountRow("Net pay", sek("19270.25"), sek("14905.00"), "what payees receive"),
        AmountRow("Cost", sek("25324.95"), sek("19588.15"), "what you pay"),
    ),
    history=History.of("Net pay", _PAST, (date(2026, 11, 20), sek("19270.25"))),
    differs=(Change("3 joined", "1078, 1080, 1083", sek("5955.00")), *ASK.differs[1:]),
    findings=(
        Finding("payouts-after-cut-off", "1 payout after the cut-off", "Payee 1083, added 15:21"),
        Finding("first-time-payees", "3 first-time payees", "1078, 1080 and now 1083. Was 2"),
        Finding("change-in-net-pay", "31.2 % above the median of the last six", "Was 25.6 %"),
        replace(ASK.findings[1], ticked="Ticked by you 15:22, unchanged"),
    ),
    clean=tuple(one for one in ASK.clean if "cut-off" not in one),
    then=tuple(one.replace("9 payees", "10 payees") for one in ASK.then),
    difference=Difference(
        shown_at=at(15, 4),
        lines=(
            LineChange("1083", "added 15:21, after the cut-off", None, sek("1120.00")),
            LineChange("1078", "lowered 15:21", sek("2615.00"), sek("2315.00")),
        ),
        before=sek("18450.25"),
        now=sek("19270.25"),
        same=8,
        said="You approved at 15:22. It had changed at 15:21, so nothing was closed.",
    ),
)

ASK_CALENDAR = Asked(
    title="Xero calendar Weekly North",
    verb="Create the next calendar from",
    vendor="Xero",
    connection="xero-uk",
    asked_at=at(9, 10),
    decide_by=at(18, 0, day=25),
    rule="next-xero-calendar",
    version="2",
    facts=(
        ("Period", "Mon 30 Nov to Sun 6 Dec"),
        ("Pay date", "Fri 11 Dec"),
        ("Type", "Weekly"),
    ),
    clean=("Next period is covered: no", "Calendar has rolled: no"),
    not_checked=("Which employees belong to the new calendar: a person moves them in Xero.",),
    then=(
        "payrunbot reads all calendars again and creates the next one if none covers its period.",
        "payrunbot confirms by reading back and mails payroll.",
    ),
    final="A calendar cannot be changed or deleted by payrunbot.",
    final_more="While nobody is assigned to it, it can be deleted in Xero.",
    deputies=("finance-2",),
    silence="payrunbot does nothing, and the period has no calendar until somebody makes one in Xero.",
)

ASKS_CLEAN = tuple(
    replace(
        ASK,
        title=f"Gigapay payrun {payrun}",
        amount=sek(amount),
        amount_note="",
        amounts=(AmountRow("Net pay", sek(amount), sek(last), "what payees receive"),),
        findings=(),
        clean=(*ASK.clean, "First-time payees: none", "Missing since last run: none", "Reopened: no"),
    )
    for payrun, amount, last in (
        ("2859301", "14905.00", "14730.00"),
        ("2859302", "32110.00", "32110.00"),
        ("2859303", "8240.50", "8902.00"),
    )
)
