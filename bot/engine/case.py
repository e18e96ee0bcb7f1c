"""Everything that a mail or a page says about one resource, read at one moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.core import words
from bot.core.decide import Facts
from bot.core.money import Money
from bot.core.resource import Kind, Known, Line, Snapshot, Type, Value
from bot.core.sentence import field_title
from bot.core.watched import CONNECTION
from bot.core.words import Said, joined, say, say_many
from bot.core.workdays import WorkCalendar
from bot.engine.bot import Account, Bot
from bot.facts import facts_of
from bot.facts.gather import gather
from bot.mail.parts import COMPARED, Finding, History, Next
from bot.store import resources
from bot.store.database import Tx
from bot.store.resources import Resource

DEADLINE_WORDS = {
    "input cut-off": say("Input cut-off"),
    "approval deadline": say("Approval deadline"),
    "bank deadline": say("Bank deadline"),
}
LINES: Mapping[str, Callable[[int], Said]] = {
    "line": lambda count: say_many(count, "{count} line", "{count} lines"),
    "pay slip": lambda count: say_many(count, "{count} pay slip", "{count} pay slips"),
    "payout": lambda count: say_many(count, "{count} payout", "{count} payouts"),
}
"""So many of what a vendor calls the lines of a pay run."""


@dataclass(frozen=True, slots=True)
class Case:
    """A resource with its facts and its past. `earlier` is newest first."""

    account: Account
    kind: Kind
    found: Resource
    facts: Facts
    earlier: tuple[Snapshot, ...]
    now: datetime

    @property
    def snapshot(self) -> Snapshot:
        return self.found.snapshot

    @property
    def title(self) -> str:
        """`Gigapay payrun 2859272`, `Xero calendar Weekly Calendar`."""
        return title_of(self.kind, self.snapshot)

    @property
    def path(self) -> str:
        return page_of(self.snapshot)

    def value(self, name: str) -> Value | None:
        return self.facts.values.get(name)

    def money(self, name: str) -> Money | None:
        known = self.value(name)
        return known.value if isinstance(known, Known) and isinstance(known.value, Money) else None

    def day(self, name: str) -> date | None:
        known = self.value(name)
        value = known.value if isinstance(known, Known) else None
        return value if isinstance(value, date) and not isinstance(value, datetime) else None

    def instant(self, name: str) -> datetime | None:
        known = self.value(name)
        return known.value if isinstance(known, Known) and isinstance(known.value, datetime) else None

    def text(self, name: str) -> str | None:
        known = self.value(name)
        return known.value if isinstance(known, Known) and isinstance(known.value, str) else None

    def flag(self, name: str) -> bool:
        known = self.value(name)
        return isinstance(known, Known) and known.value is True

    @property
    def last(self) -> Snapshot | None:
        return self.earlier[0] if self.earlier else None

    @property
    def people(self) -> int | None:
        """How many people are paid; None where that is not known."""
        known = self.value("payees")
        if isinstance(known, Known) and isinstance(known.value, int):
            return known.value
        if self.snapshot.lines is not None and self.snapshot.lines:
            return len({line.payee for line in self.snapshot.lines})
        return None

    @property
    def lines(self) -> tuple[Line, ...]:
        return self.snapshot.lines or ()

    @property
    def pay_on(self) -> date | None:
        return self.day("effective pay date") or self.day("pay date")

    @property
    def pay_on_note(self) -> str:
        """Whose date it is, and where it was moved from."""
        notes: list[str] = []
        if self.flag("pay date is ours"):
            notes.append(say("ours, from calendar {calendar}", calendar=self.account.calendar))
        plain = self.day("pay date")
        if plain is not None and plain != self.pay_on:
            notes.append(say("moved from {day}", day=words.day(plain)))
        return joined(notes)

    def paid_to(self) -> str:
        """`9 payouts to 9 payees`."""
        if self.snapshot.lines:
            count = len(self.snapshot.lines)
            people = self.people or count
            return say(
                "{lines} to {payees}",
                lines=LINES[self.kind.line_title](count),
                payees=say_many(people, "{count} payee", "{count} payees"),
            )
        return say("{count} people", count=self.people) if self.people is not None else ""

    def history(self, name: str = "net pay", *, shown: int = COMPARED) -> History | None:
        """The last six runs, or so many, and this one as bars, oldest first."""
        past = [
            (on, amount)
            for run in reversed(self.earlier)
            if (amount := run.money(name)) is not None and (on := self.day_of(run)) is not None
        ]
        amount, on = self.money(name), self.day_of(self.snapshot)
        label = field_title(name)
        this = (on, amount) if amount is not None and on is not None else None
        return History.of(label, past, this, shown=shown)

    def day_of(self, run: Snapshot) -> date | None:
        """The day that names a run in a list: its period's end, or when it was closed, or will be."""
        if (ends := run.day("period end")) is not None:
            return ends
        cut_off = self.instant("input cut-off") if run is self.snapshot else None
        known = (at for at in (run.instant("closed at"), cut_off, run.instant("opened at")) if at is not None)
        return next((self.facts.calendar.local(at).date() for at in known), run.day("pay date"))

    def checks(self) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        """What the checks found, and those that found nothing, in words.

        A check that could not be made is a finding: it is for a person to weigh.
        """
        found: list[Finding] = []
        clean: list[str] = []
        for name, help_type in self._check_names():
            value = self.value(name)
            if value is None:
                continue
            title = field_title(name)
            match value:
                case Known(bool() as flagged):
                    if flagged:
                        found.append(Finding(_slug(name), title, ""))
                    else:
                        clean.append(say("{check}: no", check=title))
                case Known(int() as count, detail):
                    if count:
                        said = say("{check}: {number}", check=title, number=count)
                        found.append(Finding(_slug(name), said, joined(detail)))
                    else:
                        clean.append(say("{check}: none", check=title))
                case Known():
                    continue
                case _:
                    why = getattr(value, "why", "")
                    if why:
                        found.append(Finding(_slug(name), say("{check}: unknown", check=title), why))
                    elif help_type is Type.COUNT:
                        clean.append(say("{check}: none", check=title))
        return tuple(found), tuple(clean)

    def _check_names(self) -> list[tuple[str, Type]]:
        if not self.kind.name.endswith(".payrun"):
            return []
        names: list[tuple[str, Type]] = [
            (fact.field.name, fact.field.type)
            for fact in facts_of(self.kind.name).values()
            if fact.is_check and fact.field.type in (Type.COUNT, Type.FLAG)
        ]
        names += [
            (name, self.kind.fields[name].type) for name in self.kind.checks if name in self.kind.fields
        ]
        return names

    def next_deadlines(self) -> tuple[Next, ...]:
        """The deadlines still ahead, and the pay date, in order."""
        ahead = [
            Next(label, at)
            for name, label in DEADLINE_WORDS.items()
            if (at := self.instant(name)) is not None
            and at > self.now
            and (self.snapshot.is_open is not False or name == "bank deadline")
        ]
        ahead.sort(key=lambda one: str(one.at))
        paid = self.pay_on
        if paid is not None and paid >= self.facts.calendar.today(self.now):
            ahead.append(Next(say("Pay date"), paid, self.pay_on_note))
        return tuple(ahead)


def title_of(kind: Kind, snapshot: Snapshot) -> str:
    return say("{kind} {name}", kind=kind.title, name=snapshot.text("name") or snapshot.vendor_id)


def page_of(snapshot: Snapshot) -> str:
    """The path of the page that shows it."""
    return "/connections" if snapshot.kind == CONNECTION else f"/payruns/{snapshot.ref}"


def _slug(name: str) -> str:
    return name.replace(" ", "-")


async def load_case(bot: Bot, tx: Tx, resource_id: str, *, rule: str | None = None) -> Case | None:
    """The case of a resource, with the work calendar of a rule where one is named."""
    found = await resources.get(tx, resource_id)
    account = bot.accounts.get(found.snapshot.connection) if found else None
    if found is None or account is None:
        return None
    running = bot.rules.get(rule) if rule else None
    calendar = running.calendar(account) if running else bot.calendar(account)
    return _case(bot, found, account, calendar, await resources.earlier(tx, found.snapshot, found.id))


def listed_case(bot: Bot, found: Resource) -> Case | None:
    """The case of a resource as a list shows it: without its past, and so with nothing to compare."""
    account = bot.accounts.get(found.snapshot.connection)
    if account is None or found.snapshot.kind not in account.connector.kinds:
        return None
    return _case(bot, found, account, bot.calendar(account), ())


def _case(
    bot: Bot, found: Resource, account: Account, calendar: WorkCalendar, earlier: tuple[Snapshot, ...]
) -> Case:
    now = bot.now()
    return Case(
        account=account,
        kind=account.kind(found.snapshot.kind),
        found=found,
        facts=_facts(bot, found, earlier, calendar, now),
        earlier=earlier,
        now=now,
    )


def _facts(
    bot: Bot, found: Resource, earlier: tuple[Snapshot, ...], calendar: WorkCalendar, now: datetime
) -> Facts:
    """What is known of it; the vendor's values alone where working out the rest fails.

    That is told of by whoever decides. A page of many pay runs must not fail for one.
    """
    try:
        return gather(found.snapshot, earlier, calendar, now, found.generation)
    except Exception as bug:
        bot.log.error("facts failed", resource=found.id, problem=type(bug).__name__)
        return Facts(found.snapshot.values, calendar)
