"""What a rule may do besides acting at a vendor: one general action a file.

A file here exports `ACTION`; being in the folder is being registered. How each is
done is the engine's; what a rule may say to it is declared here.
"""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module


@dataclass(frozen=True, slots=True)
class GeneralAction:
    """`args` are what a rule may say to it, each with one line of help."""

    name: str
    help: str
    args: Mapping[str, str]
    required: tuple[str, ...]
    is_alert: bool = False
    """Told once from when a rule's answer turns yes until it turns no."""
    is_waited_for: bool = True
    """Whether what stands after it in `then` waits until it is done."""


def is_waited_for(action: str) -> bool:
    """Whether what stands after it in `then` waits for it; a vendor's action always is."""
    general = general_actions().get(action)
    return general is None or general.is_waited_for


@cache
def general_actions() -> Mapping[str, GeneralAction]:
    """Every general action by name."""
    found = (import_module(f"{__name__}.{module.name}").ACTION for module in pkgutil.iter_modules(__path__))
    return {action.name: action for action in found}
