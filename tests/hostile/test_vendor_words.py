"""A vendor whose every text is hostile: each page there is, each header and each mail about it."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from urllib.parse import quote, urlsplit

from bot.core.resource import Unread
from bot.engine.tell import tell
from bot.store import audit, health
from bot.store.tables import mail
from tests.faults.tally import note
from tests.web.stand import APPROVER, RUN, Browser, Stand, run, see

from .markup import MARK, Markup

WORDS = f"\"'><{MARK} {MARK}=1 onload=alert(1)>\r\nX-Zz9: 1\x1b[31m\u202e{{{{7*7}}}}&quot;"
MOST_PAGES = 60


async def _brought(site: Stand) -> None:
    """Whatever a vendor may name, with hostile words in it."""
    odd = run(WORDS, status=Unread(f"Gigapay says {WORDS}"))
    lines = tuple(replace(one, id=f"{one.id}{WORDS}", payee=f"{one.payee}{WORDS}") for one in odd.lines)
    big = run("77", status=Unread("x" * 1_000_000))
    await see(
        site.bot,
        site.vendor,
        replace(odd, lines=lines, vendor_status=WORDS, is_open=None),
        replace(run(RUN), lines=lines, vendor_status=WORDS),
        big,
    )
    async with site.bot.db.write() as tx:
        await health.set_health(
            tx, "xero-uk", failing_since=site.clock.at, failures=3, problem=f"Xero answers {WORDS}"
        )
        await audit.note(tx, site.clock.at, audit.BOT, f"read {WORDS}", payrun=WORDS)
        await tell(
            tx,
            "hostile",
            "to_person",
            now=site.clock.at,
            correlation="look-1",
            person=APPROVER,
            because=WORDS,
            title=WORDS,
            about=WORDS,
            says=[WORDS, WORDS],
            do=WORDS,
            path="/people",
        )
    await site.work()


async def test_no_page_and_no_header_takes_a_vendors_words_for_its_own(site: Stand, approver: Browser):
    await _brought(site)
    todo = [
        "/",
        "/payruns",
        "/approvals",
        "/rules",
        "/connections",
        "/mails",
        "/audit",
        "/calendar",
        "/people",
    ]
    seen: set[str] = set()
    while todo and len(seen) < MOST_PAGES:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        reply = await approver.get(path)
        text = await reply.text()
        assert reply.status in (200, 303), (path, reply.status)
        assert not [name for name in reply.headers if "zz" in name.lower()]
        if reply.content_type != "text/html":
            continue
        markup = Markup(text)
        note("hostile words", served=1)
        assert markup.brought_in() == set(), path
        todo += [one.partition("#")[0] for one in markup.links if one.startswith("/")]

    held = f"/payruns/gigapay-se/{quote(WORDS, safe='')}"
    assert held in seen
    table = await approver.get(f"{held}/evidence?format=csv")
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9.-]+"', table.headers["Content-Disposition"])
    reply = await approver.submit(held, f"{held}/hold", reason=WORDS, until="2026-11-23T12:00")
    assert (reply.status, urlsplit(reply.headers["Location"]).netloc) == (303, "")
    assert not [name for name in reply.headers if "zz" in name.lower()]


async def test_no_mail_takes_a_vendors_words_for_its_own(site: Stand):
    await _brought(site)
    mails = await site.stored(mail)

    named = 0
    for one in mails:
        note("hostile words", mails=1)
        message = message_from_bytes(one.raw, policy=default)
        html = message.get_body(("html",))
        assert html is not None
        assert not re.search("[\r\n\x00\x1b\u202e]", one.subject)
        assert not [name for name in message if "zz" in name.lower()]
        assert re.fullmatch(r"[\w.-]+@example\.com", str(message["To"]))
        assert Markup(html.get_content()).brought_in() == set()
        named += MARK in html.get_content()
    assert named
