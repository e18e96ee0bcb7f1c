"""From texts with places to values, by the shape of the model they are for.

Here `env:` and `file:` are read, so that a model only ever sees a value. Two things
are never repeated in a message: what stands where a secret belongs, and whatever
came from `env:` or `file:`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.core.money import Money
from bot.settings import shape as shapes
from bot.settings import values
from bot.settings.complaint import complaint
from bot.settings.database import database_url
from bot.settings.models import DatabaseUrl
from bot.settings.problem import Place, Problem
from bot.settings.shape import Shape
from bot.settings.tree import Branch, Items, Leaf, Tree

T = TypeVar("T")
Loc = tuple[str | int, ...]
_LONGEST_SECRET = 65_536


class Filler:
    """Fills one part of the settings and remembers what was wrong with it.

    `title` names the part: `mail`, `connections.xero-uk`. `folder` is what the paths in
    the file begin from; those of the environment begin where the program was started.
    """

    def __init__(self, title: str, environ: Mapping[str, str], folder: Path) -> None:
        self.title = title
        self.problems: list[Problem] = []
        self._environ = environ
        self._folder = folder
        self._places: dict[Loc, Place] = {}
        self._found: dict[Loc, str] = {}
        self._hidden: dict[Loc, str] = {}
        self._labels: dict[Loc, str] = {}
        self._refused: set[Loc] = set()

    def fill(self, shape: type[T] | Shape, tree: Tree) -> T | None:
        """The value of a part; None when something was wrong, which is in `problems`."""
        data = self._walk(shape, tree, ())
        try:
            value: T = TypeAdapter(shape).validate_python(data)
        except ValidationError as error:
            details = error.errors(include_url=False)
            told = self._refused | {detail["loc"] for detail in details}
            for detail in details:
                loc = detail["loc"]
                # A list of wrong items counts as too short, and an absent one as missing:
                # what was found within it says it better.
                within = any(other[: len(loc)] == loc and other != loc for other in told)
                if not within and not any(loc[: len(bad)] == bad for bad in self._refused):
                    self._refuse(loc, self._complaint(detail))
            return None
        return None if self.problems else value

    def _complaint(self, detail: ErrorDetails) -> str:
        hidden = self._hidden.get(detail["loc"])
        return complaint(detail, self._found.get(detail["loc"])) if hidden is None else _cannot_be(hidden)

    def _refuse(self, loc: Loc, text: str) -> None:
        written = loc
        while written not in self._places:  # what is missing is told at its section
            written = written[:-1]
        self.problems.append(Problem(self._places[written], f"{self._name(loc)} {text}"))

    def _name(self, loc: Loc) -> str:
        inner = (self._labels.get(loc[:end], str(loc[end - 1])) for end in range(1, len(loc) + 1))
        return ".".join([self.title, *filter(None, inner)])

    def _walk(self, shape: Shape, tree: Tree, loc: Loc) -> Any:
        self._places[loc] = tree.place
        if isinstance(tree, Branch):
            return self._branch(shape, tree, loc)
        item = shapes.item_of_list(shape)
        if isinstance(tree, Items):
            for number, one in enumerate(tree.items):
                self._labels[(*loc, number)] = _label(one, number)
            return [self._walk(item, one, (*loc, number)) for number, one in enumerate(tree.items)]
        if item is not None and shapes.is_secret(shape) and tree.text is not None:
            self._labels[(*loc, 0)] = ""
            return [self._walk(item, tree, (*loc, 0))]
        try:
            text = self._read(shape, tree, loc)
            return None if text is None else self._value(shape, text, tree.place)
        except ValueError as error:
            hidden = self._hidden.get(loc)
            self._refuse(loc, f"is wrong: {error}" if hidden is None else _cannot_be(hidden))
        except Unreadable as error:
            self._refuse(loc, str(error))
        self._refused.add(loc)
        return None

    def _branch(self, shape: Shape, tree: Branch, loc: Loc) -> dict[str, Any]:
        names = shapes.names_in(shape)
        if names is None:
            inner = shapes.value_of_mapping(shape)
            return {
                key: self._walk(_MoneyIn(key) if inner is Money else inner, child, (*loc, key))
                for key, child in tree.children.items()
            }
        data = {}
        for key, child in tree.children.items():
            if key in names:
                data[key] = self._walk(names[key], child, (*loc, key))
            else:
                self._places[*loc, key] = child.place
                near = values.close_to(key, names)
                self._refuse((*loc, key), f"is no setting. Known here: {', '.join(names)}.{near}")
        return data

    def _read(self, shape: Shape, leaf: Leaf, loc: Loc) -> str | None:
        """The text that was meant. Raises Unreadable."""
        text, secret = leaf.text, shapes.is_secret(shape)
        if text is None:
            return None
        source, _, name = text.partition(":")
        if source in ("env", "file") and name:
            self._hidden[loc] = text
            return self._from_environment(name) if source == "env" else self._from_file(name, leaf.place)
        if secret and not leaf.place.is_environment:
            raise Unreadable("is a secret, which never stands in the file: write env:NAME or file:/path")
        if DatabaseUrl in shapes.bare(shape) and re.search(r"//[^/@]*:[^/]*@", text):
            if not leaf.place.is_environment:
                raise Unreadable("holds a password, which never stands in the file: write database: env:NAME")
            secret = True
        if secret:
            self._hidden[loc] = leaf.place.source
        else:
            self._found[loc] = values.without_login(text)
        return text

    def _from_environment(self, name: str) -> str:
        if not self._environ.get(name):
            state = "is empty" if name in self._environ else "is not set"
            raise Unreadable(f"is to come from the environment, but {name} {state}: set it, or mend the name")
        return self._environ[name]

    def _from_file(self, name: str, place: Place) -> str:
        path = self._path(name, place)
        try:
            if path.stat().st_size > _LONGEST_SECRET:
                raise Unreadable(f"is to come from {path}, which is too large: at most 64 KiB")
            text = path.read_text("utf-8").rstrip("\r\n")
        except OSError as error:
            raise Unreadable(f"is to come from {path}, which cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise Unreadable(f"is to come from {path}, which is not UTF-8 text") from None
        if not text:
            raise Unreadable(f"is to come from {path}, which is empty")
        return text

    def _value(self, shape: Shape, text: str, place: Place) -> Any:
        """What a text means here. Raises ValueError."""
        bare = shapes.bare(shape)
        if isinstance(shape, _MoneyIn):
            return shape.parse(text)
        if SecretStr in bare:
            return SecretStr(text)
        if timedelta in bare:
            return values.duration(text)
        if Path in bare:
            return self._path(text, place)
        if DatabaseUrl in bare:
            return database_url(text, self._base(place))
        return text

    def _path(self, text: str, place: Place) -> Path:
        return (self._base(place) / text).absolute()

    def _base(self, place: Place) -> Path:
        return Path.cwd() if place.is_environment else self._folder


class Unreadable(Exception):
    """A text that stands elsewhere could not be fetched, or one stands where it must not."""


@dataclass(frozen=True, slots=True)
class _MoneyIn:
    """The shape of an amount under its currency: `{SEK: 500 000}`."""

    currency: str

    def parse(self, text: str) -> Money:
        money = Money.parse(text if re.search("[A-Za-z]", text) else f"{text} {self.currency}")
        if money.currency != self.currency:
            raise ValueError(f"{text} stands under {self.currency}: write it under {money.currency}")
        if money.amount < 0:
            raise ValueError(f"{text} is below nothing, and so no limit")
        return money


def _label(tree: Tree, number: int) -> str:
    """What a person calls the item of a list: its id, or its place in the list."""
    name = tree.children.get("id") if isinstance(tree, Branch) else None
    return name.text if isinstance(name, Leaf) and name.text else str(number + 1)


def _cannot_be(hidden: str) -> str:
    return f"cannot be what {hidden} holds: see what this setting takes, and mend the value there"
