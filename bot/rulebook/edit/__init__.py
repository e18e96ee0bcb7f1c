"""A rule's values, changed in its file without touching anything else of it.

Only values can be changed here: amounts, counts, lengths, times, percentages, set times
and the mode. What a rule asks and does is its author's, in an editor. So a form never
writes YAML: what somebody typed is read as the value that it is and written as an author
writes one, in the place of the old one, and the file is read again to see that nothing
else of it says anything new.

- `sorts`: how each sort of value is read and written.
- `values`: which values a rule has, and where in the file each one stands.
- `change`: the file's text with some of them changed.
- `save`: that text in the place of the file, whole or not at all.
"""

from bot.rulebook.edit.change import Edited, NotEdited, change
from bot.rulebook.edit.save import CannotWrite, Moved, can_write, fingerprint, save
from bot.rulebook.edit.sorts import Sort
from bot.rulebook.edit.values import Value, values_of

__all__ = [
    "CannotWrite",
    "Edited",
    "Moved",
    "NotEdited",
    "Sort",
    "Value",
    "can_write",
    "change",
    "fingerprint",
    "save",
    "values_of",
]
