"""Taking out of a webhook's body what must not be stored, while whoever sent it waits.

Reading the whole body costs several times as much as looking for the names in its bytes. In
JSON without a backslash that is exact: a quotation mark then always begins or ends a string,
so that what stands in quotes before a colon is a name, and nothing else looks like one. A
body for which that is not so is read whole; one that cannot be read is not kept at all.
"""

import json
import re
from collections.abc import Iterable

from bot.connectors.values import hook_json, without

_FLAT = rb'(?:[^{}\[\]"]++|"[^"]*+")*+'
"""What stands in an object or a list that has no other in it."""
_VALUE = rb'(?:"[^"]*+"|\{' + _FLAT + rb"\}|\[" + _FLAT + rb"\]|[-+.\w]++)"
_ELSEWHERE = (b"\\", b"\0")
"""A backslash may hide a name; NUL is in every text of two or four bytes a character."""


class _Undecided(Exception):
    """A value that the bytes alone do not show the end of."""


class NotKept:
    """The names of what must not be stored, at any depth and in any case."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        # Beyond ASCII one sign alone has one of its letters as its small one: K as in kelvin.
        assert all(re.fullmatch("[a-jl-z_]+", name) for name in self._names), "names the pattern can't tell"
        words = [name.encode() for name in sorted(self._names)]
        first = b"".join(sorted({word[:1] + word[:1].upper() for word in words}))
        self._pattern = re.compile(
            rb'("(?=[' + first + rb"])(?i:" + b"|".join(words) + rb')"\s*+:)\s*+(?:' + _VALUE + rb"|())"
        )

    def taken_out(self, body: bytes) -> bytes:
        """The body without the values of these names; nothing of one that hides what is in it."""
        if not any(one in body for one in _ELSEWHERE):
            try:
                return self._pattern.sub(_emptied, body)
            except _Undecided:
                pass
        read = hook_json(body)
        return b"" if read is None else json.dumps(without(read, self._names)).encode()


def _emptied(found: re.Match[bytes]) -> bytes:
    if found[2] is not None:
        raise _Undecided
    return found[1] + b"null"
