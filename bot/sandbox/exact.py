"""JSON with exact numbers, and stable ids.

Two vendors send money as JSON numbers. The standard encoder would need floats for
that, so a Decimal travels as a marked string and the marks are taken off the text.
"""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid5

Json = dict[str, Any]

_MARK = "\x1f"
_MARKED = re.compile(r'"\\u001f([^"\\]*)\\u001f"')
_SANDBOX = UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6")
_CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    """Round to two decimals, halves away from zero."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def dumps(value: object) -> str:
    """Write JSON in which each Decimal is a number, digit for digit, without trailing zeros."""
    return _MARKED.sub(r"\1", json.dumps(value, ensure_ascii=False, default=_marked))


def loads(text: str | bytes) -> Any:
    """Read JSON in which each number with a point is a Decimal."""
    return json.loads(text, parse_float=Decimal)


def stable_id(*parts: object) -> str:
    """Return the same uuid for the same parts, in every start of the sandbox."""
    return str(uuid5(_SANDBOX, "/".join(str(part) for part in parts)))


def _marked(value: object) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return f"{_MARK}{format(value.normalize(), 'f')}{_MARK}"
