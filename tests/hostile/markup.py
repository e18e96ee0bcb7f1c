"""What markup a document has, and the same words turned hostile wherever a view or letter holds any."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from dataclasses import replace as changed
from html.parser import HTMLParser
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from bot.core.money import Money

MARK = "zz-9"
"""In the name of each element and attribute that hostile words try to bring in."""
HOSTILE = {
    "an element": f"\"><{MARK} {MARK}='1'>",
    "an attribute, double": f'" {MARK}="1" onload="alert(1)',
    "an attribute, single": f"' {MARK}='1' onload='alert(1)",
    "an attribute, bare": f" {MARK}=1 onload=alert(1)",
    "the end of everything": f"</title></textarea></style></svg></td></table></form><{MARK}>",
    "a script": "</script><script>alert(1)</script>",
    "a comment": f"--><!--><{MARK}><!-- ]]><![CDATA[",
    "entities": f"&quot;&gt;&lt;{MARK}&gt;&#60;{MARK}&#62;",
    "a template": "{{ 7*7 }}{% raw %}{{ ''.__class__ }}",
    "an address": "javascript:alert(1)",
    "marks of direction": "\u202eabc\u2066\u200f\u061c",
    "controls": "\x00\x1b[31m\x08\x7f\x85\u2028\r\n",
    "no character": "\ud800\udfff\ufffe",
}
HARMLESS = "harmless"
SCHEMES = {"", "http", "https", "mailto"}
_OURS = ("url", "action", "csrf", "template", "nav", "href")


class Markup(HTMLParser):
    """The elements of a document with the names of their attributes, and where they lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.leads: list[str] = []
        self.links: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value or "" for name, value in attrs if name == "href"]
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.leads += [
            value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")
        ]

    @property
    def names(self) -> set[str]:
        return {name for tag, attrs in self.elements for name in (tag, *attrs)}

    def brought_in(self) -> set[str]:
        """Whatever of this no template wrote."""
        names = {name for name in self.names if MARK in name or name == "script" or name.startswith("on")}
        return names | {one for one in self.leads if urlsplit(one.strip()).scheme.lower() not in SCHEMES}


def poisoned(value: Any, words: str) -> Any:
    """The same with these words behind every text that is no address and no name of ours."""
    if type(value) is str:
        return value + words if value else value
    if type(value) is tuple:
        return tuple(poisoned(one, words) for one in value)
    if isinstance(value, Mapping):
        return {name: poisoned(one, words) for name, one in value.items()}
    if isinstance(value, Money):  # which takes no currency but three capitals
        return value
    if is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value))
        return changed(
            value,
            **{
                one.name: poisoned(getattr(value, one.name), words)
                for one in fields(value)
                if one.init and not one.name.endswith(_OURS) and not _is_ours(hints[one.name])
            },
        )
    return value


def _is_ours(hint: Any) -> bool:
    """Whether only certain words can stand there."""
    return get_origin(hint) is Literal or any(_is_ours(one) for one in get_args(hint))
