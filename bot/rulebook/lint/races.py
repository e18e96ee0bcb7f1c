"""Rules that do what the vendor is set to do by itself: whoever comes second finds it done.

What the vendor is set to is only read when the service runs, so it is asked whether the
rule would say yes where the vendor does it, too. A rule that asks about that cannot.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.condition import Claim, claims
from bot.core.grammar import parse_claim
from bot.core.prove import CannotTell, Example
from bot.core.prove.found import yes
from bot.core.rule import Rule
from bot.rulebook.lint.finding import Finding, Level
from bot.rulebook.lint.ground import Ground


@dataclass(frozen=True, slots=True)
class Automation:
    """What a vendor does by itself that an action does, too."""

    field: str
    line: str
    """The line that says yes where the vendor does it."""
    does: str
    mend: str
    by_another: bool = False
    """Whether it is enough that another rule looks at the field: being second does no harm, unseen."""


_AUTO_PILOT = Automation(
    "also automated by vendor",
    "also automated by vendor is yes",
    "Staffology's AutoPilot finalises the run and opens the next one by itself",
    'add the line "also automated by vendor is no"',
)
_AUTOMATIONS = {
    "staffology.finalise_payrun": _AUTO_PILOT,
    "staffology.start_next_payrun": _AUTO_PILOT,
    "gigapay.close_payrun": Automation(
        "closes by itself at",
        "closes by itself at is known",
        "Gigapay closes the payrun by itself when its batching term ends, whatever this rule waits for",
        'add a rule that tells when "closes by itself at" comes near',
        by_another=True,
    ),
}


def races(ground: Ground, rule: Rule) -> Iterator[Finding]:
    for action in ground.acts(rule):
        automation = _AUTOMATIONS.get(action)
        if automation is None or (automation.by_another and _is_looked_at(ground, rule, automation)):
            continue
        line = parse_claim(automation.line, ground.fields(rule), rule.watch)
        if not isinstance(line, Claim):
            continue  # a vendor of which nothing like it is read
        found, example = ground.find([rule], [yes(rule.when), yes(line)])
        if isinstance(found, Example | CannotTell):
            yield ground.places.finding(
                "race",
                Level.LOOK if isinstance(found, Example) else Level.CANNOT_TELL,
                (rule,),
                f"{rule.id} may do what the vendor does, too: {automation.does}",
                at=action,
                example=example,
                mend=automation.mend,
            )


def _is_looked_at(ground: Ground, rule: Rule, automation: Automation) -> bool:
    """Whether a rule about the same resources asks about it."""
    return any(
        automation.field in other.names
        and other.is_about(rule.watch)
        and (not other.connections or set(ground.connections(rule)) <= set(other.connections))
        and any(line.field.name == automation.field for line in claims(other.when))
        for other in ground.rules
    )
