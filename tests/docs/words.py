"""docs/vocabulary.md, made from the declarations that rules are read by."""

from collections.abc import Iterable, Iterator, Mapping

from bot.actions import GeneralAction, general_actions
from bot.connectors import kinds, vendor_actions
from bot.core.action import Action
from bot.core.resource import Field
from bot.rulebook import Vocabulary, vocabulary

PAGE = "vocabulary.md"
_TOP = """\
# Every word that a rule may use

Made by `make docs` from what payrunbot reads rules by. [How the words are used](rules.md). What else there is
to know of a vendor stands on its own page: [Gigapay](vendors/gigapay.md),
[Xero](vendors/xero.md), [Staffology](vendors/staffology.md),
[Roubler](vendors/roubler.md).

The *example* is a harmless value: with every word at its example no rule that ships does anything, and a test
in a rule file begins with it. Where there is none, the harmless value is that the vendor has none.
"""


def page() -> str:
    """The whole page."""
    known = vocabulary(kinds(), vendor_actions(), general_actions())
    return "\n".join([_TOP, *_kinds(known), *_actions(known)])


def _kinds(known: Vocabulary) -> Iterator[str]:
    for name in known.kinds:
        yield f"## `watch: {name}`\n"
        yield _words(known.fields[name].values())
    for name, kind in known.parts.items():
        yield f"## `expect: at least 1 {name} per week by …`\n"
        yield f"A {kind.title} is counted, and no rule watches one. `when` says which count.\n"
        yield _words(known.fields[name].values())


def _words(fields: Iterable[Field]) -> str:
    return _table(("word", "type", "example", "what it is", "where it is from"), map(_word, fields))


def _word(one: Field) -> tuple[str, ...]:
    kind = f"{one.type}: {', '.join(one.words)}" if one.words else str(one.type)
    return f"`{one.name}`", kind, one.example or "", one.help, one.source


def _actions(known: Vocabulary) -> Iterator[str]:
    yield "## Actions\n"
    yield "At the vendors; each needs a rule that watches what it acts on.\n"
    yield _table(
        ("in `then`", "acts on", "its button says", "what the vendor then does", "what may be said to it"),
        (_at_vendor(one) for one in known.vendor_actions.values()),
    )
    yield "Anywhere:\n"
    yield _table(
        ("in `then`", "what it does", "what is said to it"),
        (_general(one) for one in known.general_actions.values()),
    )


def _at_vendor(one: Action) -> tuple[str, ...]:
    always = "; a person is always asked" if one.always_asks else ""
    args = _args(one.args, one.required)
    return f"`{one.name}`", f"`{one.kind}`", f"{one.verb} …{always}", one.vendor_then, args


def _general(one: GeneralAction) -> tuple[str, ...]:
    return f"`{one.name}`", one.help, _args(one.args, one.required)


def _args(args: Mapping[str, str], required: tuple[str, ...]) -> str:
    said = (
        f"`{name}`{'' if name in required else ' (may be left out)'}: {help}" for name, help in args.items()
    )
    return "<br>".join(said)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
