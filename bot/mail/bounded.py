"""A Jinja that cannot reach the program, and cannot fill its memory or never end.

Jinja's own sandbox does only the first: `{{ 'a' * 10 ** 9 }}` takes a gigabyte there.
Here every way in which a text or list grows has a bound, and everything that can be
repeated asks on the way whether the one who waits for it has given up. A thread can't
be killed, so that asking is what ends it.

Python asks nobody while it compares or prints a value: it is done once it is done, and
no other thread runs meanwhile. So a value is measured as it is printed, with whatever is
in it twice counted twice: `[l, l]` thirty times over is small only in memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextvars import ContextVar
from functools import wraps
from threading import Event
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

MOST_TEXT = 512 * 1024
MOST_ITEMS = 10_000
MOST_NESTED = 20_000
DEEPEST = 12
WIDEST = 1_000
MOST_KNOWN_SAFE = 2_000

given_up: ContextVar[Event | None] = ContextVar("given_up", default=None)
"""Set by whoever waits, once they no longer do."""

_STR_METHODS = frozenset(
    {"capitalize", "casefold", "center", "endswith", "isalpha", "isdigit", "ljust", "lower", "lstrip"}
    | {"partition", "removeprefix", "removesuffix", "rjust", "rpartition", "rstrip", "split", "splitlines"}
    | {"startswith", "strip", "title", "upper"}
)
_UNBOUND_FILTERS = frozenset({"format", "pprint", "xmlattr", "tojson", "random", "filesizeformat"})


class TooMuch(SecurityError):
    """A template asked for more text, items or time than a mail ever needs."""


class GivenUp(TooMuch):
    """Nobody waits for this rendering any more."""


def keep_on() -> None:
    """Raises GivenUp once nobody waits."""
    event = given_up.get()
    if event is not None and event.is_set():
        raise GivenUp("it took too long")


def watched(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        keep_on()
        yield item


def fitting(value: Any) -> Any:
    """The value, unless it is larger than any mail. Raises TooMuch."""
    keep_on()
    kind = type(value)
    if (kind is tuple or kind is dict) and not value:  # as most calls have of the one or the other
        return value
    if isinstance(value, str) and len(value) > MOST_TEXT:
        raise TooMuch(f"a text grew beyond {MOST_TEXT // 1024} KiB")
    if isinstance(value, (list, tuple, dict)):
        if len(value) > MOST_ITEMS:
            raise TooMuch(f"a list grew beyond {MOST_ITEMS} items")
        _measure(value)
    if isinstance(value, int) and value.bit_length() > 256:
        raise TooMuch("a number grew beyond any amount")
    return value


def _measure(value: Any) -> None:
    """Count what is in a list or table, all the way down. Raises TooMuch.

    Ends at the first bound it passes, so that measuring is never what takes long.
    """
    nodes = length = 0
    left = [(value, 1)]
    while left:
        one, depth = left.pop()
        nodes += 1
        if depth > DEEPEST:
            raise TooMuch(f"lists were put into lists more than {DEEPEST} deep")
        if isinstance(one, str):
            length += len(one)
        elif isinstance(one, dict):
            left += ((part, depth + 1) for pair in one.items() for part in pair)
        elif isinstance(one, (list, tuple)):
            left += ((part, depth + 1) for part in one)
        if nodes > MOST_NESTED or len(left) > MOST_NESTED:
            raise TooMuch(f"lists in lists grew beyond {MOST_NESTED} items")
        if length > MOST_TEXT:
            raise TooMuch(f"the texts of a list grew beyond {MOST_TEXT // 1024} KiB")


def joined(parts: Iterable[str]) -> str:
    """All parts as one text, counted while they come."""
    kept, length = [], 0
    for part in watched(parts):
        length += len(part)
        if length > MOST_TEXT:
            raise TooMuch(f"a text grew beyond {MOST_TEXT // 1024} KiB")
        kept.append(part)
    return "".join(kept)


def _range(*bounds: int) -> range:
    items = range(*bounds)
    if len(items) > MOST_ITEMS:
        raise TooMuch(f"range has more than {MOST_ITEMS} items")
    return items


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, (list, tuple)):
        return sum(_size(item) for item in value) + len(value)
    return len(value) if isinstance(value, Sized) else 1


def _bounded_filter(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that refuses arguments with which it could outgrow the bounds."""

    @wraps(plain)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        keep_on()
        # What some filters get first is not the value but Jinja's own context.
        value, *rest = args[1:] if hasattr(plain, "jinja_pass_arg") else args
        given = [*rest, *kwargs.values()]
        factor = max([1, *(_size(one) for one in given), *(one for one in given if isinstance(one, int))])
        if factor > 1 and _size(value) * factor > 32 * MOST_TEXT:
            raise TooMuch("a filter would make a text beyond any mail")
        if any(isinstance(one, int) and one > WIDEST for one in given):
            raise TooMuch(f"a filter was given a number above {WIDEST}")
        return fitting(plain(*args, **kwargs))

    return bounded


class _PlainNamespace(Namespace):
    """A namespace that does not show what is in it: printing one would print all it leads to."""

    def __repr__(self) -> str:
        return "<namespace>"


class _Bounding(NodeTransformer):
    """Bounds `for`, `~` and lists as they are written, which Jinja compiles without asking the sandbox."""

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        self.generic_visit(node)
        match node:
            case nodes.For():
                node.iter = _through("watched", node.iter)
            case nodes.Concat() | nodes.List() | nodes.Dict() | nodes.Tuple(ctx="load"):
                return _through("fitting", node)
        return node


def _through(name: str, node: nodes.Node) -> nodes.Filter:
    assert isinstance(node, nodes.Expr)
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "+", "%"})
    concat = staticmethod(joined)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("lipsum", "cycler", "joiner"):
            self.globals.pop(name, None)
        self.globals |= {"range": _range, "namespace": _PlainNamespace}
        self.filters = {
            name: _bounded_filter(one) for name, one in self.filters.items() if name not in _UNBOUND_FILTERS
        }
        self.filters |= {"watched": watched, "fitting": fitting}
        self._safe: dict[tuple[type, str], bool] = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Bounding().visit(tree)
        tree.set_environment(self)
        return tree

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        keep_on()
        if operator == "%" and isinstance(left, (str, bytes)):
            raise SecurityError("a text is not formatted with %: join it with ~ and filters")
        if operator == "*" and (isinstance(left, Sequence) or isinstance(right, Sequence)):
            raise TooMuch("a text or list is not repeated with *")
        if operator == "**" and not (_is_small(left) and _is_small(right)):
            raise TooMuch("** is for small numbers only")
        return fitting(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """What Jinja says of it, asked once: it goes by the object's type and the name alone."""
        kind = type(obj)
        if obj.__class__ is not kind:  # one that passes for something else
            return super().is_safe_attribute(obj, attr, value)
        found = self._safe.get((kind, attr))
        if found is None:
            if len(self._safe) >= MOST_KNOWN_SAFE:
                self._safe.clear()
            found = self._safe[kind, attr] = super().is_safe_attribute(obj, attr, value)
        return found

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        if super().wrap_str_format(value) is not None:
            raise SecurityError("a text is not formatted with format: join it with ~ and filters")
        return None

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        fitting(args)  # a macro finds them again as `varargs` and `kwargs`
        fitting(kwargs)
        if isinstance(getattr(obj, "__self__", None), (str, bytes)):
            name = getattr(obj, "__name__", "")
            if name not in _STR_METHODS:
                raise SecurityError(f"a text has no {name} here: use a filter")
            if any(isinstance(one, int) and one > WIDEST for one in args):
                raise TooMuch(f"{name} was given a number above {WIDEST}")
        return fitting(super().call(context, obj, *args, **kwargs))


def _is_small(value: Any) -> bool:
    return isinstance(value, int) and abs(value) <= 64
