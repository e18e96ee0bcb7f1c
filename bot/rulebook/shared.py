"""The pay run of any vendor: what all vendors' pay runs share, and what only some of them have.

A field is shared where all have it with one type. The words of a status are each vendor's
own, so all of them may be said; of a vendor that does not have one, it is simply no.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.core.condition import OneOf, claims
from bot.core.hint import listing
from bot.core.resource import Field, Kind, Type
from bot.core.rule import Rule
from bot.core.watched import PAYRUN, is_payrun


def payruns(kinds: Mapping[str, Kind]) -> tuple[Kind, ...]:
    """Each vendor's pay run."""
    return tuple(kind for name, kind in sorted(kinds.items()) if is_payrun(name) and name != PAYRUN)


def shared_kind(of: Collection[Kind]) -> Kind:
    """The kind `payrun`, with the fields that all of these have. There is at least one."""
    first, *others = of
    shared = {}
    for name, field in first.fields.items():
        same = [
            one.fields[name] for one in others if name in one.fields and one.fields[name].type is field.type
        ]
        if len(same) == len(others):
            shared[name] = _shared(field, same)
    return Kind(PAYRUN, "Pay run", shared)


def _shared(field: Field, others: Collection[Field]) -> Field:
    words = tuple(dict.fromkeys(word for one in (field, *others) for word in one.words))
    helps = "Its state, in the words of its own vendor." if words else field.help
    return replace(field, words=words, help=helps, source="each vendor's own")


def not_shared(word: str, kinds: Mapping[str, Kind], facts: Mapping[str, Mapping[str, int]]) -> str:
    """The sentence about a field that only some pay runs have; empty where none has it."""
    having = [kind.name for kind in payruns(kinds) if word in kind.fields or word in facts.get(kind.name, {})]
    if not having:
        return ""
    have = f"{listing(having)} has it" if len(having) == 1 else f"{listing(having)} have it"
    return f'"{word}" is not something every pay run has. Only {have}: watch that in a rule of its own.'


def words_of_some(rule: Rule, kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    """A sentence for each status of a rule about any pay run that some vendors' never have."""
    if rule.watch != PAYRUN:
        return ()
    found = []
    for claim in claims(rule.when):
        if claim.field.type is not Type.STATUS or not isinstance(claim.test, OneOf):
            continue
        for word in claim.test.values:
            lacking = [kind.name for kind in payruns(kinds) if word not in _words(kind, claim.field)]
            if lacking:
                answer = "yes" if claim.negated else "no"
                none = " or ".join(filter(None, (listing(lacking[:-1]), lacking[-1])))
                found.append(f'"{claim.text}": no {none} is ever {word}, so of these it is {answer}')
    return tuple(found)


def _words(kind: Kind, field: Field) -> tuple[str, ...]:
    return kind.fields[field.name].words if field.name in kind.fields else ()
