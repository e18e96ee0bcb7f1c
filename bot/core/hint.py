"""Helping an author with a word that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def guess(word: str, known: Iterable[str]) -> str:
    """` Did you mean "cost"?`, or nothing where nothing is near."""
    near = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""


def listing(words: Iterable[str]) -> str:
    return ", ".join(words)
