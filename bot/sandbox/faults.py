"""Misbehaviour on request.

A fault waits for the next matching calls and is used up by them, so a test can say
"the next close loses its reply" and be sure of what the one after it meets. Or a seed
lets one call in so many go wrong.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random

from bot.sandbox.exact import Json

HTTP_KINDS = {
    "lose_reply": "acts, then cuts the connection without a reply (`reset` true: with a reset)",
    "drop_before": "cuts the connection without acting (`reset` true: with a reset)",
    "status": "answers `code` (500) without acting",
    "status_after": "acts, then answers `code` (503)",
    "rate_limit": "answers 429 with Retry-After `retry_after` (1 second; `as_date` true: an HTTP date; "
    "a text: as it is; null: none)",
    "slow": "waits `delay_s` (0.1) first, then goes on",
    "half_open": "never answers and does not act, until the client leaves",
    "html": "answers 200 with a page of HTML, without acting",
    "truncated": "acts, then sends the first half of the JSON",
    "closes": "acts, answers, and closes the connection after it",
    "trickle": "acts, then sends its answer a byte every `every_s` (1) seconds",
    "bad_encoding": "acts, then says of its plain answer that it is gzip",
    "body": "answers 200 with `text` (nothing) as its JSON, without acting",
    "huge": "answers 200 with `megabytes` (9) of JSON, without acting",
    "redirect": "answers `code` (307) with Location `location` (the same path), without acting",
    "unchanged_for": "acts and says so, but the next `reads` (1) reads show the state from before",
    "drift_pages": "moves `by` (1) items between pages; used up by pages after the first",
    "expired_token": "forgets the tokens it gave and answers 401, without acting",
    "enum_index": "sends an enum as its index in the JSON, where the vendor is known to",
}

AT_RANDOM = (
    "lose_reply", "drop_before", "status", "status_after", "rate_limit", "slow", "html", "truncated",
    "closes", "bad_encoding", "redirect", "expired_token",
)  # fmt: skip
"""What a seed draws from: everything that a client can go on after within a moment."""


@dataclass
class Fault:
    """One thing to go wrong, for calls whose short name matches the pattern `call`."""

    kind: str
    call: str = "*"
    times: int | None = 1
    args: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """Return the shape that `/_sandbox/faults` takes and gives."""
        return {"kind": self.kind, "call": self.call, "times": self.times, **self.args}


class Faults:
    """The faults waiting at one server, first added first used."""

    def __init__(self, kinds: Collection[str] = frozenset(HTTP_KINDS)) -> None:
        self._kinds = kinds
        self._drawn: Random | None = None
        self._one_in = 0
        self.waiting: list[Fault] = []

    def add(self, kind: str, call: str = "*", times: int | None = 1, **args: object) -> Fault:
        """Let the next `times` matching calls meet this fault; None means until cleared.

        Raises ValueError for a kind that does not exist, naming those that do: a
        fault that never happens would make a test pass for nothing.
        """
        if kind not in self._kinds:
            raise ValueError(f"no fault {kind!r}; there are: {', '.join(sorted(self._kinds))}")
        if times is not None and times < 1:
            raise ValueError(f"times is {times}; it is at least 1, or None for until cleared")
        fault = Fault(kind, call, times, dict(args))
        self.waiting.append(fault)
        return fault

    def by_seed(self, seed: int, *, one_in: int) -> None:
        """Let one call in so many go wrong at random: the same calls, in the same order, by the same seed."""
        self._drawn, self._one_in = Random(seed), one_in

    def drawn(self, call: str) -> list[Fault]:
        """Return the fault that chance has for this call, if any."""
        if self._drawn is None or self._drawn.randrange(self._one_in):
            return []
        return [Fault(self._drawn.choice(AT_RANDOM), call)]

    def take(self, call: str, kinds: Collection[str] | None = None) -> list[Fault]:
        """Return the faults that this call meets, at most one of each kind, and use each up by one."""
        return self.take_if(call, lambda fault: kinds is None or fault.kind in kinds)

    def take_if(self, call: str, wanted: Callable[[Fault], bool]) -> list[Fault]:
        """As `take`, with the choice made by a function."""
        met: dict[str, Fault] = {}
        for fault in list(self.waiting):
            if fault.kind in met or not fnmatchcase(call, fault.call) or not wanted(fault):
                continue
            met[fault.kind] = fault
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self.waiting.remove(fault)
        return list(met.values())

    def clear(self) -> None:
        """Forget all that are waiting."""
        self.waiting.clear()
