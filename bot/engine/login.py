"""The one human step of OAuth: somebody logs in at the vendor, and the bot is given a code.

The `state` that goes out and must come back is sealed, and holds all that is needed to finish:
whose login it is, at which connection, and the verifier. So nothing is kept meanwhile, any
replica can finish it, and a link that somebody else was made to follow finishes nothing.
"""

import base64
import hashlib
import json
import secrets
from urllib.parse import parse_qs, urlsplit

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.connectors import HeldBack, Login, VendorProblem
from bot.core.words import say
from bot.engine.approve import NothingToDecide
from bot.engine.bot import Account, Bot
from bot.engine.may import Deed, check
from bot.engine.trace import new_correlation
from bot.settings import Person
from bot.store import audit, news

WITHIN_S = 600
"""How long somebody may take to log in."""
_AGAIN = say("Begin again.")


def begin(bot: Bot, person: Person, connection: str) -> str:
    """Where this person logs in at the vendor. Raises NotAllowed, NothingToDecide."""
    account, login = _login_of(bot, person, connection)
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    held = {"connection": account.id, "person": person.id, "verifier": verifier}
    state = _seal(bot).encrypt(json.dumps(held).encode()).decode()
    return login.authorize_url(redirect_uri(bot, account.id), state, challenge)


async def finish(bot: Bot, person: Person, connection: str, came_back: str) -> str:
    """Take the address that the vendor sent the person back to; says what was done.

    Raises NotAllowed; NothingToDecide where it is not the end of what this person began, or
    the vendor said no.
    """
    account, login = _login_of(bot, person, connection)
    given = {name: values[-1] for name, values in parse_qs(urlsplit(came_back.strip()).query).items()}
    verifier = _verifier(bot, person, account.id, given.get("state", ""))
    title = account.connector.title
    if "code" not in given:
        said = (given.get("error_description") or given.get("error") or "")[:200] or say("nothing")
        raise NothingToDecide(
            say("{vendor} gave no code, and said: {said}. {again}", vendor=title, said=said, again=_AGAIN)
        )
    try:
        await login.exchange(given["code"], redirect_uri(bot, account.id), verifier)
    except (VendorProblem, HeldBack) as problem:
        raise NothingToDecide(
            say("{vendor} {problem}. {again}", vendor=title, problem=problem.what, again=_AGAIN)
        ) from None
    now = bot.now()
    async with bot.db.write() as tx:
        await audit.note(tx, now, person.id, "logged in", connection=account.id)
        await news.ask_to_look(
            tx,
            connection=account.id,
            kind=news.LIST,
            key=news.LIST,
            due_at=now,
            correlation=new_correlation("login"),
        )
    bot.wake()
    return say("Logged in at {vendor}. {connection} is read now.", vendor=title, connection=account.id)


def redirect_uri(bot: Bot, connection: str) -> str:
    """Where the vendor sends people back to: it must be registered there, exactly so."""
    return bot.link(f"/login/{connection}")


def _login_of(bot: Bot, person: Person, connection: str) -> tuple[Account, Login]:
    check(bot.settings, person, Deed.LOG_IN)
    account = bot.accounts.get(connection)
    if account is None:
        raise NothingToDecide(say("There is no connection {connection}.", connection=connection))
    if not isinstance(account.connection, Login):
        raise NothingToDecide(
            say("{vendor} needs no login: its credentials are in bot.yaml.", vendor=account.connector.title)
        )
    return account, account.connection


def _seal(bot: Bot) -> MultiFernet:
    return MultiFernet([Fernet(key.get_secret_value()) for key in bot.settings.keys.sessions])


def _verifier(bot: Bot, person: Person, connection: str, state: str) -> str:
    try:
        held = json.loads(_seal(bot).decrypt(state.encode(), ttl=WITHIN_S))
    except InvalidToken:
        held = {}
    if (held.get("connection"), held.get("person")) != (connection, person.id):
        raise NothingToDecide(
            say(
                "This is not the end of a login that {person} began here in the last {minutes} minutes. "
                "{again}",
                person=person.id,
                minutes=WITHIN_S // 60,
                again=_AGAIN,
            )
        )
    verifier: str = held["verifier"]
    return verifier
