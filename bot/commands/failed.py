"""How a command says that it could not do its work: a sentence, and an exit code."""


class Failed(Exception):
    """Refused, or something wrong was found. The text is what the person at the terminal reads."""

    code = 1


class Misused(Failed):
    """The words on the command line don't fit together, in a way that argparse can't tell."""

    code = 2


class Unreachable(Failed):
    """Nobody answers where the service should be."""

    code = 3
