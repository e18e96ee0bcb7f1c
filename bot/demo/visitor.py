"""A person in front of a browser, as far as the story needs one: pages, forms, a cookie.

Nothing here knows the bot's inside: it signs in with a token, finds the form that a
page offers, ticks what is to be ticked and posts it, exactly as a browser would.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from aiohttp import ClientSession, ClientTimeout, CookieJar


@dataclass(slots=True)
class PageForm:
    action: str
    id: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    """The forms of a page, with fields that stand outside and name their form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None
        self._outside: list[tuple[str, tuple[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("id", ""))
            self.forms.append(self._open)
        elif tag == "input" and "name" in given:
            one = (given["name"], given.get("value", ""))
            if "form" in given:
                self._outside.append((given["form"], one))
            elif self._open is not None:
                self._open.fields.append(one)
        elif tag == "button" and "name" in given and self._open is not None:
            self._open.buttons.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def close(self) -> None:
        super().close()
        for form_id, one in self._outside:
            for form in self.forms:
                if form.id == form_id:
                    form.fields.append(one)


def forms_of(page: str) -> list[PageForm]:
    parser = _Forms()
    parser.feed(page)
    parser.close()
    return parser.forms


class NoSuchForm(Exception):
    """The page does not offer this. Holds what it says instead."""


class Visitor:
    """One signed-in person. Close it when done."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        # The pages are on loopback by number, for which a jar keeps no cookie unless told to.
        self._session = ClientSession(
            cookie_jar=CookieJar(unsafe=True), timeout=ClientTimeout(total=60), headers={"Origin": url}
        )

    async def close(self) -> None:
        await self._session.close()

    async def page(self, path: str) -> str:
        async with self._session.get(self._url + path) as reply:
            return await reply.text()

    async def sign_in(self) -> None:
        form = forms_of(await self.page("/sign-in"))[0]
        await self._post(form, {"token": self._token})

    async def submit(self, path: str, ending: str, **more: str) -> tuple[int, str]:
        """Post the form of a page whose action ends so. Raises NoSuchForm."""
        page = await self.page(path)
        for form in forms_of(page):
            if form.action.endswith(ending):
                return await self._post(form, more)
        raise NoSuchForm(page)

    async def _post(self, form: PageForm, more: dict[str, str]) -> tuple[int, str]:
        given = [(name, value) for name, value in form.fields if name not in more]
        given += list(more.items())
        given += [one for one in form.buttons if one[0] not in dict(given)]
        async with self._session.post(self._url + form.action, data=given) as reply:
            return reply.status, await reply.text()

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the JSON API as this person."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.request(method, self._url + path, json=body, headers=headers) as reply:
            return await reply.json(content_type=None)
