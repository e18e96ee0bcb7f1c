"""The checker: what must hold after every run, said by those who are not the bot.

It knows the ledgers of the vendors and of the mail inbox, what the vendors' webhooks were
answered, the database, the logs, and nothing of what was meant to happen. The invariants
carry the numbers of the design.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from hashlib import sha256
from itertools import pairwise
from signal import SIGKILL
from sqlite3 import Row
from typing import Any
from urllib.parse import urlsplit

from bot.store import audit
from bot.store.database import open_database
from bot.store.home import BUSY
from tests.faults import rival
from tests.faults.database import Address, content_of, instant, rows

Entry = Mapping[str, Any]

ACTS = {
    "gigapay.close_payrun": "close",
    rival.NAME: "close",
    "staffology.finalise_payrun": "change_state",
}
"""An action of ours, and what the vendor's ledger calls it."""
CALLS_AT_MOST = 2
OVER = ("confirmed", "refused", "withdrawn", "tries once more")
BUGS = (
    "a worker failed",
    "an effect failed",
    "a look failed",
    "a decision failed",
    "could not ask what is due",
)


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, and how that shows."""

    invariant: str
    what: str


@dataclass(frozen=True)
class Evidence:
    """What a run left behind. `ledger` has the entries of all vendors, each in its order."""

    database: Address
    ledger: Sequence[Entry]
    inbox: Sequence[Entry]
    mails: Sequence[bytes]
    deliveries: Sequence[Entry]
    logs: str
    canaries: Sequence[str]
    audit_keys: Sequence[tuple[str, bytes]]
    quarantine: timedelta
    freeze: timedelta = timedelta()
    """How long one of its workers stood still."""
    ends: Sequence[int | None] = ()
    """How each process ended, in order: killed, or by itself when asked to stop."""
    stopped: int = 1
    """How many of the last ones were asked to stop: as many as served side by side."""


async def check(evidence: Evidence, *, only: Collection[str] = ()) -> list[Violation]:
    """Every violation; none where all is well. `only` names the invariants to look at, else all."""
    found = [
        Violation(name, what)
        for name, says in (
            ("I1", _news_kept),
            ("I2", _done_once),
            ("I3", _yes_led_somewhere),
            ("I4", _mailed_once),
            ("I6", _nothing_held),
            ("I7", _no_secret),
            ("I8", _worked_or_died),
            ("I9", _never_again_without_quarantine),
            ("R5", _one_at_a_time),
            ("R5", _only_on_a_yes),
        )
        if not only or name in only
        for what in says(evidence)
    ]
    return found + [Violation("I5", what) async for what in _audit_stands(evidence)]


def _news_kept(run: Evidence) -> Iterator[str]:
    """I1: every webhook that was answered 2xx is in the inbox, and has been looked at."""
    kept = {
        (row["connection"], row["sha256"]): row["state"] for row in rows(run.database, "select * from inbox")
    }
    for one in run.deliveries:
        if one["status"] is not None and 200 <= one["status"] < 300:
            connection = urlsplit(one["url"]).path.split("/")[2]
            state = kept.get((connection, one["sha256"]))
            if state is None:
                yield f"{one['event']} of {connection} was answered {one['status']} and is not in the inbox"
            elif state == "new":
                yield f"{one['event']} of {connection} is in the inbox, and nobody looked"


def _acts(run: Evidence) -> dict[str, list[Entry]]:
    """The requests to close or finalise, by what they were about."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in run.ledger:
        if entry["by"] == "client" and entry["call"] in ACTS.values():
            found[f"{entry['call']} {_name(str(entry['target']))}"].append(entry)
    return found


def _name(target: str) -> str:
    """A run as the vendor's ledger names it, whether its request got as far as its handler or not."""
    parts = target.split("/")
    return "-".join((*parts[1:], *(["1", "0"] if len(parts) == 4 else []))) if len(parts) > 1 else target


def _done_once(run: Evidence) -> Iterator[str]:
    """I2: each pay run is closed or finalised once at the most, and only where a row says so."""
    effects = _vendor_effects(run)
    for about, entries in _acts(run).items():
        done = sum(bool(entry["effect"]) for entry in entries)
        if done > 1:
            yield f"{about} happened {done} times"
        known = [one for one in effects if about == f"{ACTS[one['action']]} {_request(one)}"]
        if done and not any(one["state"] in ("verified", "parked") for one in known):
            yield f"{about} happened, and the journal says {[one['state'] for one in known]}"
    for one in effects:
        about = f"{ACTS[one['action']]} {_request(one)}"
        entries = _acts(run).get(about, [])
        ours = any(entry["effect"] for entry in entries)
        if one["state"] == "verified" and one["done_by"] == audit.BOT and not ours:
            yield f"{about} is verified as done by the bot, and the vendor knows nothing of it"


def _vendor_effects(run: Evidence) -> list[Row]:
    return rows(run.database, "select * from effect where is_vendor order by planned_at, round")


def _request(effect: Row) -> str:
    """What of the vendor's an effect is about: the last part of its resource's own id."""
    return str(effect["resource"]).rpartition("/")[2]


def _yes_led_somewhere(run: Evidence) -> Iterator[str]:
    """I3: every yes led to its effect, or to one that ended otherwise with somebody told."""
    effects = _vendor_effects(run)
    said = rows(
        run.database,
        "select distinct c.rule, c.resource from decision_change c join adoption a on a.rule = c.rule"
        " and c.at >= a.at where c.answer = 'yes' and c.verdict in ('ask', 'act')"
        " and c.resource like '%:' || a.connection || '/%'",
    )
    told = {
        row["resource"]
        for row in rows(
            run.database,
            "select e.resource from effect e join mail m on m.effect_key = e.key and m.round = e.round"
            " where e.action = 'tell' and m.state = 'accepted'",
        )
    }
    versions = rows(run.database, "select rule, text from rule_version")
    acting = {version["rule"] for version in versions if _acts_in(version)}
    begun = {(row["rule"], row["grp"]) for row in rows(run.database, "select rule, grp from episode")}
    for yes in said:
        if yes["rule"] not in acting:
            if not begun & {(yes["rule"], yes["resource"]), (yes["rule"], _connection_of(yes["resource"]))}:
                yield f"{yes['rule']} said yes about {yes['resource']}, and nobody was going to be told"
            continue
        of_it = [one for one in effects if (one["rule"], one["resource"]) == (yes["rule"], yes["resource"])]
        if not of_it:
            yield f"{yes['rule']} said yes about {yes['resource']}, and nothing was planned"
        elif of_it[-1]["state"] in ("parked", "refused", "withdrawn", "waiting"):
            if yes["resource"] not in told and not _done_otherwise(of_it[-1], effects):
                yield f"{of_it[-1]['key']} is {of_it[-1]['state']}, and nobody was told"
        elif of_it[-1]["state"] != "verified":
            yield f"{of_it[-1]['key']} stays {of_it[-1]['state']}"
    for row in rows(
        run.database,
        "select e.key, e.state from effect e join effect b on b.key = e.after and b.chain = e.chain"
        " where b.state = 'verified' and e.state != 'verified' and not exists"
        " (select 1 from effect t where t.key = 'tell:lost:' || e.key || '#' || e.round)",
    ):
        yield f"{row['key']} is {row['state']}, though what it follows was done"
    # A reminder of what is still so, or passing it on, is planned ahead.
    for row in rows(
        run.database,
        "select key, state from effect where not is_vendor and after is null and not"
        " (state = 'planned' and calls = 0 and not_before > (select max(at) from audit))",
    ):
        if row["state"] not in ("verified", "withdrawn"):
            yield f"{row['key']} is {row['state']}"


def _acts_in(version: Row) -> bool:
    """Whether a rule's text names something to be done at a vendor, as `gigapay.close_payrun`."""
    return re.search(r"\b(?:gigapay|xero|staffology|roubler)\.[a-z]+_", version["text"]) is not None


def _connection_of(resource: str) -> str:
    """`gigapay-se` of `gigapay.payrun:gigapay-se/2859272`."""
    return resource.partition(":")[2].partition("/")[0]


def _done_otherwise(one: Row, effects: Sequence[Row]) -> bool:
    """Whether it was withdrawn because another effect did the same, whose mail tells of it."""
    return one["state"] == "withdrawn" and any(
        other["resource"] == one["resource"] and other["state"] == "verified" for other in effects
    )


def _mailed_once(run: Evidence) -> Iterator[str]:
    """I4: each mail was accepted once by its recipient; twice only if cut off after DATA.

    The second says in its subject that it may be one, and is the same mail otherwise.
    """
    known = {row["message_id"]: row for row in rows(run.database, "select * from mail")}
    accepted: Counter[tuple[str, str]] = Counter()
    content: dict[str, set[str]] = defaultdict(set)
    for entry in run.inbox:
        content[entry["target"]].add(entry["sha256"])
        for recipient in entry["to"]:
            accepted[entry["target"], recipient] += 1
            row = known.get(entry["target"])
            if row is None or row["recipient"] != recipient:
                yield f"{recipient} got {entry['target']}, which the database knows nothing of"
    for (message_id, recipient), count in accepted.items():
        row = known.get(message_id)
        was_cut = row is not None and row["data_started_at"] is not None and row["attempts"] > 1
        if count > (2 if was_cut else 1):
            yield f"{recipient} got {message_id} {count} times"
        if not content[message_id] <= _contents(row):
            yield f"{message_id} was sent with another content than the database has"
    causes = Counter((row["cause"], row["recipient"]) for row in known.values())
    for (cause, recipient), count in causes.items():
        if count > 1:
            yield f"{recipient} was told of {cause} in {count} mails"
    for row in known.values():
        if row["state"] == "accepted" and not accepted[row["message_id"], row["recipient"]]:
            yield f"{row['message_id']} counts as accepted, and the inbox never saw it"
        elif row["state"] == "merged":
            if row["merged_into"] not in known:
                yield f"{row['message_id']} was to be told by another mail, which there is not"
            elif known[row["merged_into"]]["state"] == "merged":
                yield f"{row['message_id']} is in a mail that is in another"
            if accepted[row["message_id"], row["recipient"]]:
                yield f"{row['message_id']} was to be told by another mail, and came by itself, too"
        elif row["state"] not in ("accepted", "unknown", "refused"):
            yield f"{row['message_id']} is still {row['state']}"


def _contents(row: Row | None) -> set[str]:
    """The hashes of a mail as it was written, and as its repeat."""
    if row is None:
        return set()
    first = bytes(row["raw"])
    again = first.replace(b"\r\nSubject:", b"\r\nSubject: Possibly a second copy:", 1)
    return {sha256(first).hexdigest(), sha256(again).hexdigest()}


async def _audit_stands(run: Evidence) -> AsyncIterator[str]:
    """I5: the audit chain verifies, and covers every line."""
    db = await open_database(run.database, read_only=True)
    try:
        async with db.read() as tx:
            wrong = await audit.verify(tx, run.audit_keys)
    finally:
        await db.close()
    if wrong is not None:
        yield wrong
    if rows(run.database, "select 1 from audit where hash is null"):
        yield "the last lines are not sealed"


def _nothing_held(run: Evidence) -> Iterator[str]:
    """I6: after a drain nobody holds a lease."""
    for table, name in (("effect", "key"), ("mail", "message_id"), ("look", "key")):
        for row in rows(run.database, f"select {name} as name from {table} where lease_until is not null"):
            yield f"{table} {row['name']} is still held"


def _no_secret(run: Evidence) -> Iterator[str]:
    """I7: no canary in the database's files, the logs or the mails."""
    dump = content_of(run.database)
    mails = "\n".join(_words(raw) for raw in run.mails)
    for number, canary in enumerate(run.canaries):
        if canary.encode() in dump:
            yield f"canary {number} is in the database"
        if canary in run.logs:
            yield f"canary {number} is in the logs"
        if canary in mails:
            yield f"canary {number} is in a mail"


def _words(raw: bytes) -> str:
    """A mail as it came, and its parts as they read."""
    mail = message_from_bytes(raw, policy=policy.default)
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join((raw.decode(errors="replace"), *parts))


def _never_again_without_quarantine(run: Evidence) -> Iterator[str]:
    """I9: a second call comes after the quarantine and a reading that shows it undone; there is no third.

    The vendors' ledgers see the calls that arrived; the audit has those that were about to
    be made by somebody who died, too.
    """
    for about, every in _acts(run).items():
        entries = [one for one in every if one is not _late(run, every)]
        yield from _apart(about, [datetime.fromisoformat(entry["at"]) for entry in entries], run)
        for earlier, later in pairwise(entries):
            between = run.ledger[_place(run, earlier) + 1 : _place(run, later)]
            if not any(entry["call"].startswith("GET /payrun") for entry in between):
                yield f"{about} was called again without a reading in between"
            if earlier["effect"]:
                yield f"{about} was called again though it had happened"
    meant: dict[str, list[datetime]] = defaultdict(list)
    for row in rows(run.database, "select at, what_json from audit order by seq"):
        said = json.loads(row["what_json"])
        if said["what"] == "is about to act":
            meant[said["effect"]].append(instant(row["at"]))
    for effect, times in meant.items():
        yield from _apart(effect, times, run)


def _late(run: Evidence, entries: Sequence[Entry]) -> Entry | None:
    """The request that may be one too many: refused, of a worker that outlasted the quarantine, and told."""
    if run.freeze <= run.quarantine:
        return None
    told = rows(
        run.database,
        "select 1 from effect e join mail m on m.effect_key = e.key"
        " where e.key like 'tell:late:%' and m.state = 'accepted'",
    )
    done = [bool(entry["effect"]) for entry in entries]
    refused = entries[done.index(True) + 1 :] if any(done) else []
    return refused[0] if refused and told else None


def _place(run: Evidence, entry: Entry) -> int:
    return next(at for at, one in enumerate(run.ledger) if one is entry)


def _apart(about: str, times: Sequence[datetime], run: Evidence) -> Iterator[str]:
    if len(times) > CALLS_AT_MOST:
        yield f"{about} was called {len(times)} times"
    for earlier, later in pairwise(times):
        if later - earlier < run.quarantine:
            yield f"{about} was called again after {(later - earlier).total_seconds():.3f} s"


def _worked_or_died(run: Evidence) -> Iterator[str]:
    """I8: nobody lived on broken: each was killed, or did its work until it was asked to stop."""
    for number, status in enumerate(run.ends):
        is_last = number >= len(run.ends) - run.stopped
        if status != (0 if is_last else -SIGKILL):
            yield f"process {number} ended with {status}"
    for line in run.logs.splitlines():
        said = json.loads(line) if line.startswith("{") else {"event": line}
        problem = said.get("problem", "")
        # Who stood still for longer than it waits for something has waited in vain, and asks again.
        in_vain = problem.startswith(BUSY) or (bool(run.freeze) and problem == "TimeoutError")
        is_bug = said["event"] in BUGS and not in_vain
        if is_bug or (line and not line.startswith("{")):
            yield f"an error of its own: {said['event']}"


def _deeds(run: Evidence) -> Iterator[tuple[datetime, str, Mapping[str, Any]]]:
    """What the audit says of each resource, in order."""
    for row in rows(run.database, "select at, resource, what_json from audit order by seq"):
        yield instant(row["at"]), str(row["resource"]), json.loads(row["what_json"])


def _one_at_a_time(run: Evidence) -> Iterator[str]:
    """Rule 5: no vendor action begins while another of that pay run is under way."""
    under_way: dict[str, str] = {}
    for _, resource, said in _deeds(run):
        if said["what"] == "is about to act":
            other = under_way.setdefault(resource, said["effect"])
            if other != said["effect"]:
                yield f"{said['effect']} began while {other} was under way"
        elif _is_over(said) and under_way.get(resource) == said.get("effect"):
            del under_way[resource]


def _is_over(said: Mapping[str, Any]) -> bool:
    """Whether an action is no longer under way; one that is parked may have happened."""
    return said["what"] in OVER or said.get("outcome") == "Retry"


def _only_on_a_yes(run: Evidence) -> Iterator[str]:
    """Rule 5: what a rule no longer says yes to is not begun, nor what a person has not approved."""
    decided = rows(
        run.database, "select rule, resource, answer, verdict, at from decision_change order by id"
    )
    approved = {
        f"{one['effect_key']}#{one['round']}"
        for one in rows(run.database, "select * from approval where state = 'approved'")
    }
    rules = {f"{one['key']}#{one['round']}": one["rule"] for one in _vendor_effects(run)}
    for at, resource, said in _deeds(run):
        if said["what"] == "is about to act":
            effect = said["effect"]
            known = [
                (one["answer"], one["verdict"])
                for one in decided
                if (one["rule"], one["resource"]) == (rules.get(effect), resource)
                and instant(one["at"]) <= at
            ]
            answer, verdict = known[-1] if known else (None, None)
            if answer != "yes":
                yield f"{effect} began, and its rule said {answer}"
            elif verdict == "ask" and effect not in approved:
                yield f"{effect} began, and nobody had approved it"


def key_id(key: bytes) -> str:
    return sha256(key).hexdigest()[:12]
