"""A Jinja that cannot reach the program, and cannot fill its memory or never end.

Jinja's own sandbox does only the first: `{{ 'a' * 10 ** 9 }}` takes a gigabyte there.
Here every way in which a text or list grows has a bound, and everything that can be
repeated asks on the way whether the one who waits for it has given up. A thread can't
be killed, so that asking is what ends it.

Python asks nobody while it compares or prints a value: it is done once it is done, and
no other thread runs meanwhile. So a value is measured as it is printed, with whatever is
in it twice counted twice: `[l, l]` thirty times over is small only in memory.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Sized
from contextvars import ContextVar
from functools import wraps
from threading import Event
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2 import Environment, nodes, pass_environment
from jinja2.exceptions import SecurityError
from jinja2.filters import do_wordwrap
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing
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
_METHODS = (MethodType, BuiltinMethodType)
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
    """The value, unless it is larger than any mail or nobody waits. Raises TooMuch."""
    keep_on()
    return _fitting(value)


def _fitting(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > MOST_TEXT:
            raise TooMuch(f"a text grew beyond {MOST_TEXT // 1024} KiB")
    elif isinstance(value, (list, tuple, dict)):
        _measure(value)
    elif isinstance(value, int) and value.bit_length() > 256:
        raise TooMuch("a number grew beyond any amount")
    return value


def _measure(value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> None:
    """Count what is in a list or table, all the way down. Raises TooMuch.

    Ends at the first bound it passes, so that measuring is never what takes long.
    """
    if len(value) > MOST_ITEMS:
        raise TooMuch(f"a list grew beyond {MOST_ITEMS} items")
    level: Collection[Any] = [*value, *value.values()] if isinstance(value, dict) else value
    nodes, length = 1, 0
    for _ in range(DEEPEST - 1):
        nodes += len(level)
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                length += len(one)
            elif isinstance(one, (list, tuple, dict)):
                below += one
                if isinstance(one, dict):
                    below += one.values()
                if len(below) > MOST_NESTED:
                    break
        if nodes + len(below) > MOST_NESTED:
            raise TooMuch(f"lists in lists grew beyond {MOST_NESTED} items")
        if length > MOST_TEXT:
            raise TooMuch(f"the texts of a list grew beyond {MOST_TEXT // 1024} KiB")
        if not below:
            return
        level = below
    raise TooMuch(f"lists were put into lists more than {DEEPEST} deep")


def joined(parts: Iterable[str]) -> str:
    """All parts as one text, counted while they come."""
    kept, length = [], 0
    for part in parts:
        keep_on()
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

    # What some filters get first is not the value but Jinja's own context.
    first = 1 if hasattr(plain, "jinja_pass_arg") else 0

    @wraps(plain)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        keep_on()
        value, *rest = args[first:]
        factor = 1
        for one in (*rest, *kwargs.values()):
            factor = max(factor, one if isinstance(one, int) else _size(one))
        if factor > 1 and _size(value) * factor > 32 * MOST_TEXT:
            raise TooMuch("a filter would make a text beyond any mail")
        if factor > WIDEST and any(
            isinstance(one, int) and one > WIDEST for one in (*rest, *kwargs.values())
        ):
            raise TooMuch(f"a filter was given a number above {WIDEST}")
        return _fitting(plain(*args, **kwargs))

    return bounded


@pass_environment
def wordwrap(environment: Environment, text: Any, width: int = 79, *args: Any, **kwargs: Any) -> str:
    """Jinja's own. Most of what is wrapped is one short line, which it would only give back."""
    if type(text) is str and len(text) <= width and text == text.rstrip() and len(text.splitlines()) == 1:
        return text
    return do_wordwrap(environment, text, width, *args, **kwargs)


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
        plain = {**self.filters, "wordwrap": wordwrap}
        self.filters = {
            name: _bounded_filter(one) for name, one in plain.items() if name not in _UNBOUND_FILTERS
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

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What Jinja finds, without its detours where the name is known to be safe and no method is there."""
        kind = type(obj)
        if self._safe.get((kind, attribute)) and obj.__class__ is kind:
            value = getattr(obj, attribute, missing)
            if value is not missing and not isinstance(value, _METHODS):
                return value
        return super().getattr(obj, attribute)

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
        if isinstance(value, _METHODS) and super().wrap_str_format(value) is not None:
            raise SecurityError("a text is not formatted with format: join it with ~ and filters")
        return None

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        keep_on()
        for own in ("_loop_vars", "_block_vars"):  # Jinja's: what the template set there, mostly nothing
            if not kwargs.get(own):
                kwargs.pop(own, None)
        # A macro finds them again as `varargs` and `kwargs`.
        if args:
            _measure(args)
        if kwargs:
            _measure(kwargs)
        if type(obj) is Macro and not kwargs:  # all that Jinja would find out of the most frequent call
            return _fitting(obj(context.eval_ctx, *args))
        if isinstance(getattr(obj, "__self__", None), (str, bytes)):
            name = getattr(obj, "__name__", "")
            if name not in _STR_METHODS:
                raise SecurityError(f"a text has no {name} here: use a filter")
            if any(isinstance(one, int) and one > WIDEST for one in args):
                raise TooMuch(f"{name} was given a number above {WIDEST}")
        return _fitting(super().call(context, obj, *args, **kwargs))


def _is_small(value: Any) -> bool:
    return isinstance(value, int) and abs(value) <= 64
