"""What must hold after a simulation, for all four vendors: said by their ledgers and the database.

Webhooks, mails, audit and leases are the checker's; here is what was done at the vendors.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from sqlite3 import Row
from typing import Any

from bot.store import audit
from tests.databases import url_of
from tests.faults.checker import Evidence, Violation, check, key_id
from tests.faults.database import Address, instant, rows
from tests.faults.year.place import ENVIRON, Scale, employer_of

ACTIONS = {"close": "gigapay", "change_state": "staffology", "create_calendar": "xero"}
"""What the vendors' ledgers call what the shipped rules do."""
NOTHING_HAPPENED = ("429", "401", "307", "400", "404", "409")
"""Replies after which it may be tried again at once: the vendor said that it did not."""
CALLS_AT_MOST = 2
CHECKED = ("I1", "I3", "I4", "I6")
TOLD_WITHIN = timedelta(hours=3)
"""The rule collects for ten minutes; a mail that is cut off and a pause of the mail server take longer."""

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One request to do something, as its vendor's ledger has it."""

    connection: str
    about: str
    at: datetime
    reply: str
    happened: bool
    place: int
    """Where it stands in the ledger of its vendor."""


@dataclass(frozen=True)
class Left:
    """What a simulation left in its folder."""

    folder: Path
    scale: Scale
    quarantine: timedelta

    @property
    def database(self) -> Address:
        return url_of(self.folder / "bot.db")

    def lines(self, name: str) -> list[Entry]:
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]

    def ledgers(self, until: datetime) -> dict[str, list[bytes]]:
        """Every ledger as it is on the disk, line by line up to an instant, by its file's name."""
        return {
            path.name: [
                line
                for line in path.read_bytes().splitlines()
                if datetime.fromisoformat(json.loads(line)["at"]) < until
            ]
            for path in sorted(self.folder.glob("*.jsonl"))
        }


async def violations(left: Left) -> list[Violation]:
    """Every invariant that does not hold."""
    key = ENVIRON["KEY_AUDIT"].encode()
    evidence = Evidence(
        database=left.database,
        ledger=(),
        inbox=left.lines("inbox.jsonl"),
        mails=(),
        deliveries=json.loads((left.folder / "deliveries.json").read_text()),
        logs="",
        ends=(),
        canaries=(),
        audit_keys=[(key_id(key), key)],
        quarantine=left.quarantine,
    )
    found = await check(evidence, only=CHECKED)
    found += [Violation("I2", what) for what in _done_once(left)]
    found += [Violation("I9", what) for what in _again_only_after_quarantine(left)]
    found += [Violation("I3", what) for what in _errors_told(left)]
    found += [Violation("I8", what) for what in _no_bug(left)]
    return found


def _calls(left: Left) -> tuple[list[Call], dict[str, list[Entry]]]:
    employers = {employer_of(name): name for name in left.scale.connections()}
    calls, ledgers = [], {}
    for host in sorted(set(left.scale.connections().values())):
        ledgers[host] = left.lines(f"{host}.jsonl")
        for place, entry in enumerate(ledgers[host]):
            if entry["by"] == "client" and entry["call"] in ACTIONS:
                connection, about = _about(host, entry, employers)
                calls.append(
                    Call(
                        connection,
                        about,
                        datetime.fromisoformat(entry["at"]),
                        str(entry["reply"]),
                        bool(entry["effect"]),
                        place,
                    )
                )
    return calls, ledgers


def _about(host: str, entry: Entry, employers: Mapping[str, str]) -> tuple[str, str]:
    """The connection, and what the call was about in the vendor's own words."""
    target = str(entry["target"])
    match entry["call"]:
        case "change_state":
            # A request that did not get as far as its handler is named by its path.
            parts = target.split("/")
            if len(parts) > 1:
                return employers[parts[0]], "-".join((*parts[1:4], "1", "0"))
            return employers.get(str(entry.get("employer")), ""), target
        case "create_calendar":
            made = entry.get("calendar", {})
            return host.partition(".")[0], f"{made.get('calendarType')} {made.get('periodStartDate')}"
        case _:
            return host.partition(".")[0], target


def _done_once(left: Left) -> Iterator[str]:
    """I2: once for each time it was opened, and the journal and the vendor say the same."""
    calls, ledgers = _calls(left)
    reopened: dict[str, int] = defaultdict(int)
    for entry in ledgers.get("staffology.test", ()):
        if entry["call"] == "reopen":
            reopened[f"{_employer_name(left, entry)} {entry['target']}"] += 1
    happened: dict[str, int] = defaultdict(int)
    by_connection: dict[str, int] = defaultdict(int)
    for call in calls:
        happened[f"{call.connection} {call.about}"] += call.happened
        by_connection[call.connection] += call.happened
    for about, times in happened.items():
        if times > 1 + reopened[about]:
            yield f"{about} was done {times} times"
    done = rows(left.database, "select * from effect where is_vendor and state = 'verified'")
    for connection in left.scale.connections():
        ours = [one for one in done if one["connection"] == connection and _is_ours(one)]
        unsure = rows(
            left.database,
            "select * from effect where is_vendor and connection = ? and calls > 0 and"
            " (state in ('parked', 'refused', 'withdrawn') or done_by is not ?)",
            connection,
            audit.BOT,
        )
        least, most = len(ours), len(ours) + len(unsure)
        if not least <= by_connection[connection] <= most:
            yield (
                f"{connection} did {by_connection[connection]} things for the bot, which says {least}"
                f" and is unsure of {most - least}"
            )


def _employer_name(left: Left, entry: Entry) -> str:
    return next(name for name in left.scale.connections() if employer_of(name) == entry["employer"])


def _is_ours(effect: Row) -> bool:
    return bool(effect["done_by"] == audit.BOT)


def _again_only_after_quarantine(left: Left) -> Iterator[str]:
    """I9: after a call of which nobody knows what became, none but after quarantine and a reading."""
    calls, ledgers = _calls(left)
    by_about: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        by_about[call.connection, call.about].append(call)
    for (connection, about), of_it in by_about.items():
        unsure = [call for call in of_it if call.reply not in NOTHING_HAPPENED]
        for earlier, later in pairwise(of_it):
            if earlier.reply in NOTHING_HAPPENED or about.startswith("None "):
                continue
            if later.at - earlier.at < left.quarantine:
                yield f"{connection} {about} was called again after {later.at - earlier.at}"
            ledger = ledgers[left.scale.connections()[connection]]
            between = ledger[earlier.place + 1 : later.place]
            if not any(str(entry["call"]).startswith("GET ") for entry in between):
                yield f"{connection} {about} was called again without a reading in between"
        rounds = rows(
            left.database,
            "select count(*) as n from effect where is_vendor and connection = ? and resource like ?",
            connection,
            f"%/{about}",
        )[0]["n"]
        if len(unsure) > CALLS_AT_MOST * max(1, rounds) and not about.startswith("None "):
            yield f"{connection} {about} was called {len(unsure)} times in {rounds} rounds"


def _errors_told(left: Left) -> Iterator[str]:
    """I3 for a rule that only tells: every error that lasted was told of."""
    for row in rows(left.database, "select * from episode where told_at is null"):
        lasted = instant(row["cleared_at"]) - instant(row["since"]) if row["cleared_at"] else None
        if lasted is None or lasted > TOLD_WITHIN:
            yield f"{row['rule']} about {row['grp']} since {instant(row['since'])}: nobody was told"


def _no_bug(left: Left) -> Iterator[str]:
    """I8: nothing met an error of ours."""
    for row in rows(left.database, "select key, reason from effect where reason like '%error of its own%'"):
        yield f"{row['key']}: {row['reason']}"


def differing(one: Left, other: Left, until: datetime) -> Sequence[str]:
    """The ledgers that differ between two simulations of one seed up to an instant."""
    ours, theirs = one.ledgers(until), other.ledgers(until)
    return [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
