"""What an author probably meant: other people's ways to write a rule, turned into ours.

Nothing is ever read this way. A line that was refused is tried again in our words, and
only where it would then be read is it offered: so a guess is always a line that works.
What could mean two things, such as 03/04/2026, is left alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator

LONGEST = 200
"""A longer line was written by no hand; nothing is guessed about it."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _afternoon(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + (12 if found[3].lower() == "p" else 0)
    return f"{hour:02}:{found[2] or '00'}"


def _day_first(found: re.Match[str]) -> str:
    """`13/11/2026`, where only one of the two can be a month, or where dots say it."""
    first, sign, second, year = int(found[1]), found[2], int(found[3]), found[4]
    if first > 12 >= second or (sign == "." and 1 <= second <= 12):
        return f"{first} {_MONTHS[second - 1]} {year}"
    if second > 12 >= first >= 1:
        return f"{second} {_MONTHS[first - 1]} {year}"
    return found[0]


def _number(found: re.Match[str]) -> str:
    return str(_NUMBERS.index(found[0].lower()))


_WAYS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # Signs and marks
    (r"\b(is|was)n['\u2019]?t\b", r"\1 not"),
    (r"[\"'\u201c\u201d\u2018\u2019\[\]();]", " "),
    (r">=|=>|\u2265", " is at least "),
    (r"<=|=<|\u2264", " is at most "),
    (r"!=|<>|\u2260", " is not "),
    (r"={1,3}", " is "),
    (r">", " is more than "),
    (r"<", " is less than "),
    # Swedish
    (r"\bär\b", "is"),
    (r"\bvar\b", "was"),
    (r"\binte\b", "not"),
    (r"\bhögst\b", "at most"),
    (r"\bminst\b", "at least"),
    (r"\b(?:mer|större) än\b", "more than"),
    (r"\bmindre än\b", "less than"),
    (r"\bföre\b", "before"),
    (r"\befter\b", "after"),
    (r"\bsedan\b", "ago"),
    (r"\binom\b", "in the next"),
    (r"\bdagar\b", "days"),
    (r"\btimmar\b", "hours"),
    (r"\bminuter\b", "minutes"),
    (r"\b(?:arbets|bank)dag(?:ar)?\b", "working days"),
    (r"\bstatusen\b", "status"),
    (r"\b(jan|febr)uari\b", r"\1uary"),
    (r"\bmars\b", "March"),
    (r"\bmaj\b", "May"),
    (r"\bju(n|l)i\b", r"ju\1"),
    (r"\baugusti\b", "August"),
    (r"\boktober\b", "October"),
    (r"\böppen\b", "open"),
    (r"\bstängd\b", "closed"),
    (r"\b(?:ingen|inga)\b", "none"),
    (r"\ben av\b", "one of"),
    (r"\beller\b", "or"),
    (r"\boch\b", "and"),
    # Other ways to compare
    (r"^(?:if|when|and|that|the|om|när)\s+", ""),
    (r"^not (.+?) is ", r"\1 is not "),
    (r"\bare\b", "is"),
    (r"\bexceeds\b", "is more than"),
    (r"\bequals\b", "is"),
    (r"\bexists$", "is known"),
    (r"\b(?:greater|more|larger|higher) than or equal to\b|\b(?:not|no) less than\b", "at least"),
    (r"\b(?:less|lower|smaller) than or equal to\b|\b(?:not|no) more than\b|\bup to\b", "at most"),
    (r"\b(?:greater|larger|higher|bigger|more) th[ae]n\b|\b(?:over|above)\b", "more than"),
    (r"\b(?:lower|smaller|fewer|less) th[ae]n\b|\b(?:under|below)\b", "less than"),
    (r"\b(?:later than|past)\b", "after"),
    (r"\b(?:earlier than|prior to)\b", "before"),
    (r"\bis (?:equal to|exactly)\b", "is"),
    (r"\bis older than (.+)$", r"is more than \1 ago"),
    (r"\bis more than (.+?)(?: old| ago)+$", r"was more than \1 ago"),
    (r"\bnot not\b", " "),
    (r"\bis\s+is\b", "is"),
    # Several, and none
    (r"\b(?:either|any of|in(?= [a-z]+,))", "one of"),
    (r"(\bone of .*\S) or ", r"\1, "),
    (r"\bis (?!one of\b)(?!not\b)(\w+) or (\w+)$", r"is one of \1, \2"),
    (r"\bis (not )?(?:empty|blank|null|nil|unset)$", r"is \1missing"),
    (r"\bis (?:true|ja|on)$", "is yes"),
    (r"\bis (?:false|nej|off)$", "is no"),
    # Numbers and money
    (rf"\b(?:{'|'.join(_NUMBERS)})\b(?! of)", _number),
    (r"(\d) ?(?:percent|per cent|pct|procent)(?!\w)", r"\1 %"),
    (r"\u00a3 ?(\d[\d ,.]*)", r"\1 GBP"),
    (r"\u20ac ?(\d[\d ,.]*)", r"\1 EUR"),
    (r"(\d) ?\u00a3", r"\1 GBP"),
    (r"(\d) ?\u20ac", r"\1 EUR"),
    (r"(\d) ?(?:tkr|kkr)\b", r"\1 000 SEK"),
    (r"(\d) ?k(?= ?[a-z]{3}\b)", r"\1 000"),
    (r"(\d) ?(?:kr|kronor)\b(?: ?SEK)?", r"\1 SEK"),
    (r"(?<=\d)\.(?=\d{3}(?:\.\d{3})*,\d\d?\s*[a-z]{3}\b)", " "),
    (r"(?<=\d)\.(?=\d{3}\.\d{3})|(?<=\.\d{3})\.(?=\d{3})", " "),
    (r"(?<=\d),(?=\d\d?\s*(?:%|[a-z]{3}\b))", "."),
    # Times and days
    (r"\b(\d{1,2})(?:[:.](\d\d))? ?([ap])\.?m\b\.?", _afternoon),
    (r"\b(before|after|at|\d{4}) (\d{1,2})\.(\d\d)$", r"\1 \2:\3"),
    (r"\b(\d{1,2})([/.-])(\d{1,2})\2(\d{4})\b", _day_first),
    (r"\b(\d{4})/(\d\d)/(\d\d)\b", r"\1-\2-\3"),
    (r"\b([a-z]{3,9}) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b", r"\2 \1 \3"),
    (r"\b(\d{1,2})(?:st|nd|rd|th)\b(?= [a-z])", r"\1"),
    (r"(\d) ?(?:hrs?|h)\b", r"\1 hours"),
    (r"(\d) ?(?:mins?|m)\b", r"\1 minutes"),
    (r"(\d) ?d\b", r"\1 days"),
    (r"\b(?:business|bank|banking|work|week) ?days?\b", "working days"),
    (r"\bin (?:next|coming|the coming)\b|\bwithin(?: the next)?\b", "in the next"),
    (r"\bis in (?=\d)", "is in the next "),
    (r"\bwas ((?:more|less) than \d+ \w+)$", r"was \1 ago"),
    (r"\bcut ?off\b", "cut-off"),
    (r"[.,;]$", ""),
)  # fmt: skip
_READY = tuple((re.compile(way, re.IGNORECASE), ours) for way, ours in _WAYS)
_BETWEEN = re.compile(r"(.+?) is between (.+) and (.+)", re.IGNORECASE)


def in_our_words(text: str) -> str:
    """The text as we would have written it, where we know how; else as it is."""
    said = " ".join(text.split())
    if len(said) > LONGEST:
        return said
    for way, ours in _READY:
        said = " ".join(way.sub(ours, said).split())
    return said


def several(text: str, names: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """How one line could be several: the block they belong in (`all` or `any`), and the lines.

    `names` are what a line can begin with; a list without its dashes reads as one long line.
    """
    said = in_our_words(text)
    if len(said) > LONGEST:
        return
    if between := _BETWEEN.fullmatch(said):
        yield "all", (f"{between[1]} is at least {between[2]}", f"{between[1]} is at most {between[3]}")
    for block, sign in (("all", r",? (?:and|but|&) |, "), ("any", r",? or ")):
        lines = tuple(part.strip() for part in re.split(sign, said, flags=re.IGNORECASE))
        if len(lines) > 1:
            yield block, lines
    field = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    lines = tuple(re.split(rf"\s+(?=(?:{field})\s+(?:is|was)\b)", said, flags=re.IGNORECASE))
    if len(lines) > 1:
        yield "all", lines
