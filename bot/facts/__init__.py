"""Derived facts: one file each, pure, named by something that can be said aloud.

A fact's file exports `FACT`; being in the folder is being registered. A fact sees the
snapshot, the earlier runs of the same type, the work calendar and the time, and
answers Known, Missing or Unread with the reason. It never sees the network.
"""

import pkgutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module

from bot.core.resource import Field, Snapshot, Value
from bot.core.watched import is_about
from bot.core.workdays import WorkCalendar


@dataclass(frozen=True, slots=True)
class FactInput:
    """What a fact may look at.

    `earlier` are the earlier runs of the same kind, connection and run type, newest
    first, at most twelve, closed ones only. `generation` is how often it has been open, as
    far as payrunbot has seen: 2 once it was closed and opened again.
    """

    snapshot: Snapshot
    earlier: tuple[Snapshot, ...]
    calendar: WorkCalendar
    now: datetime
    generation: int = 1


@dataclass(frozen=True, slots=True)
class Fact:
    """One named value about a resource. `version` grows when its meaning changes.

    `kinds` are those it can be asked of; `payrun` stands for any vendor's pay run, also of a
    vendor that comes later.
    """

    field: Field
    kinds: tuple[str, ...]
    compute: Callable[[FactInput], Value]
    version: int = 1
    needs_lines: bool = False
    """Whether it is unread while the lines are, so that somebody may read them for it."""
    turns: Callable[[FactInput], datetime] | None = None
    """When time alone may next change it; nothing where time never does."""
    is_check: bool = True
    """Whether an approval shows it: a check has found something where it is yes, or not zero."""
    but_not: tuple[str, ...] = ()
    """Kinds of which it would say nothing, though `kinds` has them."""

    def is_of(self, kind: str) -> bool:
        """Whether it can be asked of a kind of resource."""
        return kind not in self.but_not and any(is_about(one, kind) for one in self.kinds)


_NO_FACTS = ("gather", "shared")


@cache
def facts() -> tuple[Fact, ...]:
    """Every fact: one for each file beside this one, except what only serves them."""
    found = (module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NO_FACTS)
    return tuple(import_module(f"{__name__}.{name}").FACT for name in found)


@cache
def facts_of(kind: str) -> Mapping[str, Fact]:
    """The facts that can be asked of a kind of resource, by name."""
    return {fact.field.name: fact for fact in facts() if fact.is_of(kind)}


def facts_of_each(kinds: Collection[str]) -> Mapping[str, Fact]:
    """The facts that can be asked of every one of these kinds, by name."""
    return {fact.field.name: fact for fact in facts() if all(map(fact.is_of, kinds))}
