"""What the YAML reader complains of, in the words of somebody who never heard of YAML."""

_MENDS = (
    ("'\\t'", "a tab stands here; lines are indented with spaces"),
    ("mapping values are not allowed", "a colon has no place here; put the text it belongs to in quotes, "
     "or let this line begin below those it belongs to"),
    ("could not find expected ':'", "this is no key with a value; after the colon of a key comes a space"),
    ("expected <block end>", "this line does not begin where those it belongs to do"),
    ("cannot start any token", "a text that begins with this sign is put in quotes"),
    ("found unexpected end of stream", "quotes are opened here and never closed"),
    ("expected alphabetic or numeric", "a line that begins with * or & is put in quotes"),
    ("but found another document", "--- begins a second document, and a file is one"),
    ("expected ',' or ']'", "a list in brackets, [ ], is not closed; its parts are parted by commas"),
    ("expected ',' or '}'", "braces, { }, are not closed; their parts are parted by commas"),
    ("unknown escape character", "in double quotes a backslash means something; use single quotes"),
)  # fmt: skip

_BEGINS = ("could not find expected ':'", "found unexpected end of stream")


def is_where_it_begins(problem: str) -> bool:
    """Whether the mistake is where the reader began, and not where it gave up."""
    return problem.endswith(_BEGINS)


def in_plain_words(problem: str) -> str:
    """The complaint with how it is mended, where that is known."""
    for said, mend in _MENDS:
        if said in problem:
            return f"this is not YAML: {mend}"
    return f"this is not YAML: {problem}"
