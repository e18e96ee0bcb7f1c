"""What a person is asked to approve: one object for the mail and for the page it links to.

The order of its fields is the order in which both show it. What was asked before and
has changed is in `difference`; a finding that was ticked then and is unchanged says
so in `ticked` and need not be ticked again.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.core.money import Money
from bot.core.words import say
from bot.mail.parts import FEWEST_PEOPLE, AmountRow, Change, Difference, Finding, History

_AMOUNT = re.compile("[+\u2212-]?\\d[\\d\\s.,]*[A-Z]{3}\\b")
"""An amount with its currency inside a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person is asked to approve: the same on the page and in the mail."""

    title: str
    """`Gigapay payrun 2859272`"""
    verb: str
    """`Close`, from the action."""
    vendor: str
    connection: str
    asked_at: datetime
    decide_by: datetime
    decide_by_there: str = ""
    """The same on the clocks of the work calendar, where those differ: `17:00 London`."""
    rule: str
    version: str
    amount_label: str = say("Net pay")
    amount: Money | None = None
    """None where the action has none, or it may not be shown."""
    amount_note: str = ""
    """`23.8 % more than last run`"""
    people: int | None = None
    """How many people are paid. None where nobody is, as for a calendar."""
    paid_to: str = ""
    """`9 payouts to 9 payees`"""
    pay_on: date | None = None
    pay_on_note: str = ""
    """`ours, from calendar se`"""
    facts: tuple[tuple[str, str], ...] = ()
    """What there is to see beside amounts: (`Next period`, `Mon 23 Nov to Sun 29 Nov`)."""
    amounts: tuple[AmountRow, ...] = ()
    history: History | None = None
    differs: tuple[Change, ...] = ()
    differs_not: str = ""
    """Why there is nothing in `differs`: `Every payee gets what they got last run.`"""
    findings: tuple[Finding, ...] = ()
    clean: tuple[str, ...] = ()
    """Checks that found nothing, as `Possible duplicates: none`."""
    not_checked: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    """What happens after approving, sentence by sentence, the vendor's own part included."""
    final: str = ""
    """What cannot be taken back: `It cannot be opened again.`"""
    final_more: str = ""
    people_needed: int = 1
    deputies: tuple[str, ...] = ()
    """Who else may decide."""
    silence: str = "payrunbot does nothing."
    """Ends "If nobody does, …": what nobody's answer leads to."""
    silence_more: str = ""
    """What to do about that: `To stop that, delete its payouts at Gigapay before 16:30.`"""
    if_rejected: str = ""
    """What Reject leads to: what the vendor then does by itself, and when it is asked again."""
    prepared: str = ""
    difference: Difference | None = None
    """Only when asked again."""
    first_asked_at: datetime | None = None
    asks_for: str = ""
    """A time that whoever approves must give, as a form names it: `Paid at`. Empty for most."""
    asks_help: str = ""

    @property
    def deed(self) -> str:
        """`close`, `create the next calendar`: the verb inside a sentence."""
        return self.verb[:1].lower() + self.verb[1:].removesuffix(" from")

    @property
    def verb_inside(self) -> str:
        return self.verb[:1].lower() + self.verb[1:]

    @property
    def checks(self) -> int:
        return len(self.findings) + len(self.clean)

    @property
    def to_tick(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if not one.ticked)

    @property
    def is_again(self) -> bool:
        return self.difference is not None

    @property
    def is_too_few(self) -> bool:
        return self.people is not None and self.people < FEWEST_PEOPLE

    def without_amounts(self) -> "Asked":
        """The same question with every amount taken out, for a mail about one or two people."""
        difference = self.difference
        if difference is not None:
            others = tuple(map(_bare, difference.others))
            difference = replace(difference, lines=(), before=None, now=None, others=others)
        return replace(
            self,
            amount=None,
            amount_note="",
            facts=tuple((name, _bare(value)) for name, value in self.facts),
            amounts=(),
            history=None,
            differs=(),
            differs_not="",
            findings=tuple(
                replace(one.without_amount(), title=_bare(one.title), detail=_bare(one.detail))
                for one in self.findings
            ),
            prepared=_bare(self.prepared),
            difference=difference,
        )

    def to(self, person: str) -> "Asked":
        """The question as one of those who may decide reads it: the others may decide instead."""
        return replace(self, deputies=tuple(one for one in self.deputies if one != person))


def _bare(text: str) -> str:
    """A sentence without the amounts in it."""
    return _AMOUNT.sub("an amount", text)
