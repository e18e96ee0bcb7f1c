"""What the suites came to: how many runs, violations, points and the like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts by suite, in the order the suites first counted."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    kinds: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Which points, seeds and the like there were, each once."""

    def note(self, suite: str, **counted: int) -> None:
        """Add to what is printed of a suite at the end."""
        kept = self.counts.setdefault(suite, {})
        for name, count in counted.items():
            kept[name] = kept.get(name, 0) + count

    def note_kinds(self, suite: str, **seen: object) -> None:
        """Add to what is counted once, however often it was seen: `points="effect.read"`."""
        kept = self.kinds.setdefault(suite, {})
        for name, one in seen.items():
            kept.setdefault(name, set()).add(str(one))

    def as_json(self) -> dict[str, Any]:
        """All of it, for another process to `add`."""
        kinds = {
            suite: {name: sorted(seen) for name, seen in kept.items()} for suite, kept in self.kinds.items()
        }
        return {"counts": self.counts, "kinds": kinds}

    def add(self, other: Mapping[str, Any]) -> None:
        """Add what another process counted."""
        for suite, kept in other["counts"].items():
            self.note(suite, **kept)
        for suite, kinds in other["kinds"].items():
            for name, seen in kinds.items():
                self.kinds.setdefault(suite, {}).setdefault(name, set()).update(seen)

    def lines(self) -> list[str]:
        """One for each suite."""
        said = []
        for suite, kept in self.counts.items():
            each = {**kept, **{name: len(seen) for name, seen in self.kinds.get(suite, {}).items()}}
            words = (f"{count:,} {name.replace('_', ' ')}" for name, count in each.items())
            said.append(f"{suite}: " + ", ".join(words))
        return said


SESSION = Tally()
"""That of this process."""
note = SESSION.note
note_kinds = SESSION.note_kinds
