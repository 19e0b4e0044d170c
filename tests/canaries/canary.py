"""Canaries: random words that are planted where nothing may leave, and the search for them in what left.

A word is looked for as it is, in base64 wherever in its three ways it may fall, and in hexadecimal: the encodings this
program writes with. A search that finds nothing shows something only beside one that finds what was meant to leave.
"""

import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field

WORD_BYTES = 12


def forms(word: str) -> set[bytes]:
    """Give the ways a word may stand in bytes."""
    raw = word.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for encode in (b64encode, urlsafe_b64encode):
        for shift in range(3):
            coded = encode(b"\0" * shift + raw)
            found.add(coded[-(-8 * shift // 6) : (8 * (shift + len(raw))) // 6])
    return found


@dataclass
class Aviary:
    """Words by where they were planted, and everything that left by where it was caught."""

    words: dict[str, str] = field(default_factory=dict)
    caught: dict[str, list[bytes]] = field(default_factory=dict)

    def plant(self, where: str) -> str:
        """Make a word that stands for what lies there."""
        self.words[where] = f"canary{secrets.token_hex(WORD_BYTES)}"
        return self.words[where]

    def keep(self, where: str, word: str) -> str:
        """Take a secret that was made elsewhere for a word."""
        self.words[where] = word
        return word

    def catch(self, tap: str, raw: bytes) -> None:
        """Note what left."""
        self.caught.setdefault(tap, []).append(raw)

    def found(self, places: Iterable[str], taps: Iterable[str] = ()) -> set[tuple[str, str]]:
        """Search for the words of *places* in what was caught (by *taps*, else everywhere): (place, tap)."""
        wanted = {place: forms(self.words[place]) for place in places}
        return {
            (place, tap)
            for tap in (list(taps) or self.caught)
            for raw in (b"\0".join(self.caught.get(tap, [])),)
            for place, known in wanted.items()
            if any(form in raw for form in known)
        }
