"""A thousand ways in which a good file goes wrong on its way: in an editor, a merge, a copy, on a disk."""

import random
from collections.abc import Callable

Corrupt = Callable[[bytes, random.Random], bytes]


def _at(text: bytes, chance: random.Random) -> int:
    return chance.randrange(len(text))


def _lines(text: bytes, chance: random.Random) -> tuple[list[bytes], int]:
    lines = text.splitlines(keepends=True)
    return lines, chance.randrange(len(lines))


def flipped(text: bytes, chance: random.Random) -> bytes:
    where = _at(text, chance)
    return text[:where] + bytes([text[where] ^ (1 << chance.randrange(8))]) + text[where + 1 :]


def cut_off(text: bytes, chance: random.Random) -> bytes:
    return text[: _at(text, chance)]


def cut_out(text: bytes, chance: random.Random) -> bytes:
    where = _at(text, chance)
    return text[:where] + text[where + chance.randrange(1, 200) :]


def inserted(text: bytes, chance: random.Random) -> bytes:
    where = _at(text, chance)
    signs = b"abc:-[]{}#'\"&*!|>%@` \n\t0,\xc3\xa9\xff<"
    return text[:where] + bytes(chance.choices(signs, k=chance.randrange(1, 8))) + text[where:]


def tabbed(text: bytes, chance: random.Random) -> bytes:
    lines, which = _lines(text, chance)
    lines[which] = lines[which].replace(b"  ", b"\t", 1)
    return b"".join(lines)


def line_twice(text: bytes, chance: random.Random) -> bytes:
    lines, which = _lines(text, chance)
    return b"".join([*lines[:which], lines[which], *lines[which:]])


def line_lost(text: bytes, chance: random.Random) -> bytes:
    lines, which = _lines(text, chance)
    return b"".join([*lines[:which], *lines[which + 1 :]])


def lines_swapped(text: bytes, chance: random.Random) -> bytes:
    lines, which = _lines(text, chance)
    other = chance.randrange(len(lines))
    lines[which], lines[other] = lines[other], lines[which]
    return b"".join(lines)


def block_twice(text: bytes, chance: random.Random) -> bytes:
    lines, which = _lines(text, chance)
    block = lines[which : which + chance.randrange(2, 40)]
    return b"".join([*lines[: which + len(block)], *block, *lines[which + len(block) :]])


def indented(text: bytes, chance: random.Random) -> bytes:
    lines, which = _lines(text, chance)
    lines[which] = b" " * chance.randrange(1, 4) + lines[which]
    return b"".join(lines)


def bombed(text: bytes, chance: random.Random) -> bytes:
    """Each line names the one before nine times over; read out, it would fill any memory."""
    bomb = b"a0: &a0 [x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)
    )
    return bomb + text if chance.random() < 0.5 else text + bomb


def bloated(text: bytes, chance: random.Random) -> bytes:
    filler = chance.choice([b"# more\n", b" ", text, b"\n"])
    return text + filler * (10_000_000 // len(filler))


def with_nul(text: bytes, chance: random.Random) -> bytes:
    where = _at(text, chance)
    return text[:where] + b"\0" * chance.randrange(1, 4) + text[where:]


def zeroed(text: bytes, chance: random.Random) -> bytes:
    """As a disk leaves a file whose end was never written."""
    where = _at(text, chance)
    return text[:where] + b"\0" * (len(text) - where)


def with_mark(text: bytes, chance: random.Random) -> bytes:
    return chance.choice([b"\xef\xbb\xbf" + text, text.decode().encode("utf-16")])


def other_ends(text: bytes, chance: random.Random) -> bytes:
    return text.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\r"]))


def nested(text: bytes, chance: random.Random) -> bytes:
    where, depth = _at(text, chance), chance.choice([50, 500, 20_000])
    return text[:where] + chance.choice([b"[", b"{a: ", b"- "]) * depth + text[where:]


def large_number(text: bytes, chance: random.Random) -> bytes:
    digits = [index for index in range(len(text)) if text[index : index + 1].isdigit()]
    where = chance.choice(digits)
    return text[:where] + b"9" * chance.choice([1, 3, 20, 400, 5_000]) + text[where + 1 :]


def merged(text: bytes, chance: random.Random) -> bytes:
    lines, which = _lines(text, chance)
    ours, theirs = lines[which], lines[which].replace(b"0", b"9")
    conflict = [b"<<<<<<< ours\n", ours, b"=======\n", theirs, b">>>>>>> theirs\n"]
    return b"".join([*lines[:which], *conflict, *lines[which + 1 :]])


WAYS: tuple[Corrupt, ...] = (
    flipped, cut_off, cut_out, inserted, tabbed, line_twice, line_lost, lines_swapped, block_twice,
    indented, bombed, bloated, with_nul, zeroed, with_mark, other_ends, nested, large_number, merged,
)  # fmt: skip


def corrupted(text: bytes, seed: int) -> tuple[str, bytes]:
    """The seed's way, and what it makes of a good file: the same each time."""
    way = WAYS[seed % len(WAYS)]
    return way.__name__, way(text, random.Random(seed))
