"""Records made by hand, and the rules that are replayed over them. Stockholm time, November 2026."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.actions import general_actions
from bot.backtest.inforce import InForce, Place, Rules
from bot.backtest.recording import Event, Gone, Recording
from bot.backtest.replay import Replay, Replayed
from bot.backtest.rounds import Round
from bot.connectors import kinds, vendor_actions
from bot.core.guard import Guards
from bot.core.money import Money
from bot.core.resource import Line, Snapshot
from bot.core.workdays import WorkCalendar
from bot.rulebook import Vocabulary, parse_calendars, parse_rule_text, vocabulary
from bot.rulebook.given import given_facts
from bot.store.codec import canonical, snapshot_to_json
from bot.store.recorded import RecordedReading

STOCKHOLM = ZoneInfo("Europe/Stockholm")
RULES = Path(__file__).parents[2] / "rules"
GUARDS = Guards(per_action={"SEK": Money.of(250_000, "SEK")})
SINCE, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
CLOSE = """\
id: close
title: Close it at its cut-off
watch: gigapay.payrun
when:
  - status is open
  - now is after input cut-off
then: gigapay.close_payrun
mode: act
"""


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """In November 2026 the 13th and the 20th are Fridays."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=STOCKHOLM).astimezone(UTC)


@cache
def words() -> Vocabulary:
    return vocabulary(kinds(), vendor_actions(), general_actions())


@cache
def calendars() -> Mapping[str, WorkCalendar]:
    return parse_calendars((RULES / "calendars.yaml").read_text())[0].by_name


def rule(text: str) -> InForce:
    found, problems = parse_rule_text(text, (RULES / "calendars.yaml").read_text(), vocabulary=words())
    assert found is not None, problems
    return InForce(found, found.mode, calendars())


def payrun(when: datetime, *, id: str = "1", opened: str = "2026-11-09 08:12", **given: str) -> Snapshot:
    """A Gigapay payrun with a cost of 900 SEK, open unless it is said to be otherwise."""
    said = {"status": "open", "opened at": opened, "cost": "900 SEK", "net pay": "900 SEK", "payouts": "1"}
    said |= {name.replace("_", " "): text for name, text in given.items()}
    kind = kinds()["gigapay.payrun"]
    snapshot, _ = given_facts(kind.name, kind.fields, said, calendars()["se"], when)
    is_open = said["status"] == "open"
    return replace(
        snapshot,
        values={name: snapshot.values[name] for name in kind.fields},
        connection="gigapay-se",
        vendor_id=id,
        lines=(Line("7", "1041", Money.of(900, "SEK"), status="available"),),
        is_open=is_open,
        is_live=is_open,
    )


def reading(snapshot: Snapshot) -> RecordedReading:
    id = f"{snapshot.kind}:{snapshot.connection}/{snapshot.vendor_id}"
    return RecordedReading(id, snapshot.observed_at, canonical(snapshot_to_json(snapshot)))


def replayed(
    events: Sequence[Snapshot | Event],
    *sides: str | Sequence[InForce],
    guards: Guards = GUARDS,
    since: datetime = SINCE,
    end: datetime = END,
) -> Replayed:
    """Replay a record made by hand; a side that is a text is that one rule."""
    made = [reading(one) if isinstance(one, Snapshot) else one for one in events]
    place = Place("gigapay-se", "se", guards, timedelta(hours=1))
    rules = [Rules([rule(side)] if isinstance(side, str) else side) for side in sides]
    recording = Recording(made, made[0].at, end)
    return Replay(recording, rules, {place.id: place}, calendars(), vendor_actions()).run(since)


def came_to(done: Replayed, side: int = 0) -> list[tuple[str, datetime]]:
    """What one side's rounds came to, and when."""
    return [_came(one) for one in done.rounds[side].settled]


def _came(one: Round) -> tuple[str, datetime]:
    assert one.outcome is not None and one.at is not None
    return one.outcome.value, one.at


def gone(id: str, when: datetime) -> Gone:
    return Gone(f"gigapay.payrun:gigapay-se/{id}", when)
