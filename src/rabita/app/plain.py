"""Words of others where people read them line by line: shown as they are written, never obeyed.

Rules kept here: what a terminal would act on (escape sequences, control characters) and what turns the order of a line
around (bidirectional overrides and isolates) is shown by its code. Letters of every script stay, and the joiners that
Persian and Urdu are written with.
"""

from typing import Final

JOINERS: Final = frozenset("\u200c\u200d\u200e\u200f")
"""The two joiners, and the two marks of direction that change nothing but what stands beside them."""


def plain(text: str, kept: frozenset[str] = JOINERS) -> str:
    """Write what cannot be shown by its code, a backslash before it, but for the characters *kept*."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in kept else each.encode("unicode_escape").decode() for each in text
    )
