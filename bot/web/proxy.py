"""Sign-in by a proxy: a header says who asks, and counts only from where the proxy stands.

Surprising here: the header is looked at on every request, never once, and no cookie is set or
read beside it. The session that it opens is the person's, one for all of their browsers: it
carries the one-time forms and nothing else, and lets nobody in without the header. The API does
not look at it.
"""

from ipaddress import IPv6Address, ip_address

from aiohttp import web

from bot.core.words import say
from bot.settings import Person
from bot.settings.models import Proxy
from bot.web.parts import Answer, bot_of


def person_by_proxy(request: web.Request, proxy: Proxy) -> Person | None:
    """Whom the proxy names; None where it names nobody. Raises Answer 403.

    A header that somebody else sent, or that came twice, is an attempt, and is answered as one.
    """
    said = request.headers.getall(proxy.user_header, [])
    if not said:
        return None
    if not _is_trusted(request.remote or "", proxy):
        raise _refused(
            request,
            "it did not come by the proxy",
            say("You are not signed in: it did not come by the proxy"),
            say("Who you are is believed of the proxy that signs people in here, and of nobody else."),
        )
    if len(said) > 1:
        raise _refused(
            request,
            "it names two people",
            say("You are not signed in: it names two people"),
            say("The proxy sent the header of your name twice."),
        )
    named = said[0].strip()
    if not named:
        return None
    for person in bot_of(request).settings.people:
        if named == person.id or named.lower() == person.mail.lower():
            return person
    raise _refused(
        request,
        "you are not among its people",
        say("You are not signed in: you are not among its people"),
        say("The proxy knows you, and payrunbot does not: whoever looks after its settings can add you."),
    )


def not_signed_in() -> Answer:
    """For whoever comes without the proxy's word, where nothing else lets anybody in."""
    return Answer(
        403,
        say("Nothing is shown: you are not signed in"),
        (say("People are signed in by the proxy in front of payrunbot. Come by its address."),),
    )


def _is_trusted(remote: str, proxy: Proxy) -> bool:
    try:
        address = ip_address(remote)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in proxy.trusted)


def _refused(request: web.Request, why: str, title: str, says: str) -> Answer:
    bot_of(request).log.warning("the proxy's sign-in was refused", why=why)
    return Answer(403, title, (says, say("Nothing was done.")))
