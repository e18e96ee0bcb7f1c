"""A server that another project, prism, makes of a vendor's OpenAPI file.

It is started where `prism` can be found: on the PATH, or where CI puts it, in `build/tools`.
Where it, or the file, is not there, the test is skipped and says why.
"""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from tests.ports import hold

from .specs import SPECS

MODULES = Path(__file__).parents[2] / "build" / "tools" / "node_modules" / ".bin"
STARTS_WITHIN_S = 60


@asynccontextmanager
async def prism_of(name: str) -> AsyncIterator[str]:
    """The address at which prism serves the file of this name."""
    program = shutil.which("prism", path=os.pathsep.join((str(MODULES), os.environ.get("PATH", ""))))
    if program is None:
        pytest.skip("prism is not installed: npm install --prefix build/tools @stoplight/prism-cli")
    if not (SPECS / name).is_file():
        pytest.skip(f"{SPECS / name} is not there: the vendors' specifications are not in this repository")
    place = hold()
    port = place.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = await asyncio.create_subprocess_exec(
        program, "mock", str(SPECS / name), "--port", str(port), stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(STARTS_WITHIN_S), aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(url):
                        break
                await asyncio.sleep(0.2)
        yield url
    finally:
        server.terminate()
        await server.wait()
        place.close()
