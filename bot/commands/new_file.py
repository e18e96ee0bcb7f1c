"""A new file by a name that somebody gave: never over another, never through a link, for its owner alone."""

import os
from pathlib import Path

from bot.commands.failed import Failed


def write_new(name: str, content: bytes) -> Path:
    """Write it. Raises Failed where there is something of that name, or where nothing can be written.

    A link is something of that name too, wherever it leads.
    """
    path = Path(name)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Failed(f"{path} is there already: name a new file.") from None
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}.") from None
    except ValueError:  # a NUL in it
        raise Failed(f"{name!r} is no name of a file.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return path
