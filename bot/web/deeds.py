"""A refusal of the engine as an answer of the web, the same for pages and for the API."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.words import say, told_by
from bot.engine.approve import NotAllowed, NotGiven, NothingToDecide, NotTyped
from bot.engine.versions import NotSigned
from bot.web.parts import Answer


@contextmanager
def refusals_as_answers(page: str = "") -> Iterator[None]:
    """Raises Answer: 403 where this person may not, 409 where there is nothing to decide any more,
    422 where what must be given with a yes was not.

    `page` is where somebody sees what has become of it.
    """
    button = say("See what has become of it") if page else ""
    try:
        yield
    except (NotAllowed, NotSigned) as refused:
        title = say("Nothing was decided: you may not")
        raise Answer(403, title, (told_by(refused),), button, page) from None
    except (NotGiven, NotTyped) as missing:
        back = say("Back to the question") if page else ""
        raise Answer(422, say("Nothing was decided"), (told_by(missing),), back, page) from None
    except NothingToDecide as nothing:
        raise Answer(409, say("Nothing was decided"), (told_by(nothing),), button, page) from None
