"""What connections log in with, sealed anew when the first of the token keys is another.

Done at the start, so that a key can leave the settings after one start with both of them.
"""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.engine.bot import Bot
from bot.store import access, audit


async def seal_anew(bot: Bot) -> tuple[str, ...]:
    """Seal with the first key what another one sealed; says of which connections.

    What no key opens is left as it is: its connection logs in from the settings again, or
    says that it needs a person.
    """
    keys = [Fernet(key.get_secret_value()) for key in bot.settings.keys.tokens]
    async with bot.db.write() as tx:
        done = []
        for connection, sealed, fence in await access.credentials(tx):
            fresh = _anew(keys, sealed)
            if fresh is not None:
                await access.seal_credential_anew(tx, connection, fresh, fence)
                done.append(connection)
        if done:
            await audit.note(tx, bot.now(), audit.BOT, "sealed logins with a new key", connections=done)
    return tuple(done)


def _anew(keys: Sequence[Fernet], sealed: bytes) -> bytes | None:
    """The same content under the first key; None where it is already, or where no key fits."""
    try:
        keys[0].decrypt(sealed)
    except InvalidToken:
        try:
            return MultiFernet(keys).rotate(sealed)
        except InvalidToken:
            return None
    return None
