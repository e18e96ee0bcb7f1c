"""What the contract suite must be told of each vendor: one file a vendor.

A file here is found by being here. It exports

    OWN       the vendor's own part of a connection's settings, `canary` in every secret
    ACTED     for a vendor with actions: one that would succeed, and what the sandbox calls it
    STRANGE   for each kind that the vendor has: a reading whose status is a word nobody knows
    prepare   where that is needed: what is done to the sandbox before it starts
"""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from bot.core.resource import Snapshot

Acted = Callable[[Any], tuple[str, dict[str, str], str]]


class OfVendor(NamedTuple):
    own: dict[str, Any]
    acted: Acted | None
    strange: dict[str, Callable[[], Snapshot]]
    prepare: Callable[[Any], object]


def _of(name: str) -> OfVendor:
    found = import_module(f"{__name__}.{name}")
    return OfVendor(
        found.OWN,
        getattr(found, "ACTED", None),
        found.STRANGE,
        getattr(found, "prepare", lambda vendor: None),
    )


STANDS = {module.name: _of(module.name) for module in pkgutil.iter_modules(__path__)}
