"""Hostile templates by the hundred: none gets out, and each ends soon and in little memory."""

import importlib.util
import resource
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from bot.mail.parts import when
from bot.mail.render import Rendered, Renderer, TemplateProblem
from tests.faults.tally import note

WITHIN_S = 0.5
LATEST_S = 6.0
"""Far above what any takes by itself: the machine may be busy."""
MOST_MORE_MIB = 300
CANARY = "canary-of-the-letter"
INSIDE = (
    "<class",
    "<function",
    "<module",
    "<built-in",
    "<bound",
    "<slot",
    "<method",
    "object at 0x",
    "{'__",
    "root:x:",
)


def _corpus() -> ModuleType:
    path = Path(__file__).parents[1] / "testdata" / "templates" / "hostile.py"
    spec = importlib.util.spec_from_file_location("hostile_templates", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOSTILE = _corpus()


@dataclass(frozen=True)
class Facts:
    title: str = "Payrun"
    _secret: str = CANARY


class Place:
    """A mail that is made of one hostile file after another."""

    def __init__(self, folder: Path) -> None:
        self.own = folder / "own"
        (self.own / "closed").mkdir(parents=True)
        (folder / "secret.txt").write_text(CANARY)
        (self.own / "closed" / "subject.txt").write_text("Closed")
        (self.own / "closed" / "body.html").write_text("<p>Closed.</p>")
        (folder / "shipped").mkdir()
        self.renderer = Renderer(self.own, folder / "shipped", time_out_s=WITHIN_S)

    async def made(self, body: str) -> Rendered | TemplateProblem:
        (self.own / "closed" / "body.txt").write_text(body, "utf-8")
        facts = Facts()
        given = {"text": "abc", "many": [1, 2], "table": {"a": 1}, "letter": facts, "when": partial(when)}
        try:
            made = await self.renderer.render("closed", "en", given)
        except TemplateProblem as problem:
            return problem
        assert (given["many"], given["table"]) == ([1, 2], {"a": 1})
        return made


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_the_corpus_is_as_large_as_it_says_and_has_nothing_twice() -> None:
    whole = (*HOSTILE.ESCAPES, *HOSTILE.BOMBS)

    assert len(set(whole)) == len(whole) >= 200


async def test_no_template_gets_out_or_changes_what_it_was_given(place: Place) -> None:
    through = []
    for body in HOSTILE.ESCAPES:
        made = await place.made(body)
        if isinstance(made, Rendered) and any(word in made.text for word in (*INSIDE, CANARY)):
            through.append((body, made.text[:80]))
        if isinstance(made, TemplateProblem) and CANARY in str(made):
            through.append((body, str(made)))
    note("hostile templates", escapes=len(HOSTILE.ESCAPES), through=len(through))
    assert through == []


async def test_every_bomb_ends_soon_and_in_little_memory(place: Place) -> None:
    before, through = _peak_mib(), []
    for body in HOSTILE.BOMBS:
        began = time.monotonic()
        made = await place.made(body)
        took = time.monotonic() - began
        if took > LATEST_S or (isinstance(made, Rendered) and len(made.text) > 600_000):
            through.append((body[:80], took))
    note("hostile templates", bombs=len(HOSTILE.BOMBS), through=len(through))
    assert through == []
    assert _peak_mib() - before < MOST_MORE_MIB
    assert sys.getrecursionlimit() <= 1_000
