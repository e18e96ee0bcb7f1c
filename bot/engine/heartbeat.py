"""The heartbeat: an address outside that is called while all is well, and only then.

Whoever runs that address rings somebody when the calls stop: because this service is
unwell, or because it is gone and can tell nobody itself. The address is a secret of a
kind (who knows it can keep the bell from ringing), so it is in no log line.
"""

import aiohttp

from bot.engine.bot import Bot
from bot.engine.fit import Fitness
from bot.engine.said_once import SaidOnce

ANSWERS_WITHIN_S = 10.0


class Heartbeat:
    """Calls the address of the settings. `session` reads no proxy from the environment."""

    def __init__(self, bot: Bot, session: aiohttp.ClientSession, fitness: Fitness, url: str) -> None:
        self._session = session
        self._fitness = fitness
        self._url = url
        self._unwell = SaidOnce(bot.log, "heartbeat withheld")
        self._unheard = SaidOnce(bot.log, "heartbeat not taken")

    async def beat(self, unwell: str | None) -> None:
        """Call once, where nothing is wrong here. Never raises: a lost call is logged, and not made again."""
        storing = await self._fitness.problem()
        wrong = unwell or (f"news cannot be stored: {storing}" if storing else None)
        if wrong is not None:
            self._unwell.failed(wrong)
            return
        self._unwell.went_well()
        try:
            async with self._session.get(
                self._url, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=ANSWERS_WITHIN_S)
            ) as reply:
                status = reply.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            # The library's sentence holds the address.
            self._unheard.failed(type(problem).__name__)
            return
        if 200 <= status < 300:
            self._unheard.went_well()
        else:
            self._unheard.failed(f"answered {status}")
