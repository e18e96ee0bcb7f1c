"""The settings as texts by their names: `guards.per_action.SEK` is `250 000 SEK`.

For the record of what was changed in them. What is secret, and where somebody or something is
reached, is there as a mark: that it is another one shows, and nothing else of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, SecretStr

from bot.core.money import Money
from bot.settings.models import ConfiguredConnection, Settings

Mark = Callable[[str], str]

OF_A_MACHINE = ("http.listen", "audit_head", "rules", "templates")
"""Where things are on it: each replica has its own."""
TOLD_ELSEWHERE = ("keys",)
"""The record says of each key when it began to seal."""
REACHED_BY = ("mail", "url", "database")
"""These may name a person, or have a password in them."""


def named(settings: Settings, mark: Mark) -> dict[str, str]:
    """Every setting that has a value, those that nobody wrote down as well. `mark` stands in for a secret."""
    found: dict[str, str] = {}
    for name in Settings.model_fields:
        if name not in (*TOLD_ELSEWHERE, "connections"):
            found.update(_each(name, getattr(settings, name), mark))
    for connection in settings.connections:
        found.update(_connection(connection, settings, mark))
    return {name: text for name, text in found.items() if name not in OF_A_MACHINE}


def _connection(one: ConfiguredConnection, settings: Settings, mark: Mark) -> Iterator[tuple[str, str]]:
    name = f"connections.{one.id}"
    yield from _each(name, one.part, mark)
    if one.guards != settings.guards.as_guards():
        yield from _each(f"{name}.guards", one.guards, mark)


def _each(name: str, value: Any, mark: Mark) -> Iterator[tuple[str, str]]:
    match value:
        case None:
            return
        case SecretStr():
            yield name, mark(value.get_secret_value())
        case BaseModel():
            yield from _parts(name, {one: getattr(value, one) for one in type(value).model_fields}, mark)
        case Mapping():
            yield from _parts(name, value, mark)
        case (BaseModel(), *_):
            yield from _parts(name, {one.id: one for one in value}, mark)
        case tuple() | list():
            if value:
                yield name, ", ".join(_text(name, one, mark) for one in value)
        case _ if is_dataclass(value) and not isinstance(value, Money):
            yield from _parts(name, {one.name: getattr(value, one.name) for one in fields(value)}, mark)
        case _:
            yield name, _text(name, value, mark)


def _parts(name: str, parts: Mapping[str, Any], mark: Mark) -> Iterator[tuple[str, str]]:
    for part, value in parts.items():
        if part != "id":  # it stands in the name already
            yield from _each(f"{name}.{part}", value, mark)


def _text(name: str, value: Any, mark: Mark) -> str:
    if isinstance(value, SecretStr):
        return mark(value.get_secret_value())
    text = _length(value) if isinstance(value, timedelta) else str(value)
    if "@" in text or name.rpartition(".")[2] in REACHED_BY:
        return mark(text)
    return text


def _length(value: timedelta) -> str:
    """As the file has it: `90d`, `5m`, `90s`."""
    seconds = int(value.total_seconds())
    units = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
    return next(f"{seconds // unit}{letter}" for unit, letter in units if seconds % unit == 0)
