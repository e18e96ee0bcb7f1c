"""A mark for each pair of a payrun's metadata: enough to see one again, too little to read it.

Metadata is the customer's own and may hold anything, a name or a link with a token too.
So its texts are not stored here.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def mark_of(name: str, value: Any) -> str:
    """The same for the same name and value."""
    pair = json.dumps([name, value], sort_keys=True, default=str)
    return hashlib.sha256(pair.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def marks_of(metadata: Mapping[str, Any]) -> str:
    """All of them, sorted, with spaces between."""
    return " ".join(sorted(mark_of(name, value) for name, value in metadata.items()))
