"""Parallel texts: one text in several languages, each language a portion of its own, all under one act's digest.

Who signs that act signs every language at once. No language is a translation of another here; that they say the same is
for people to see, but that all are there, once each, and fall into as many paragraphs, a node can check.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from rabita.line.charter import Charter
from rabita.line.entry import Act, PortionRef
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import Portion
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import roles_of

TEXT: Final = Portion("text", required=True, may_withhold=False)
"""A parallel text: as many portions of this role as it has languages; what both are to read is never withheld."""
_BLANK_LINES: Final = re.compile(r"\n\s*\n")


def texts_of(act: Act, fields: Coded, role: str = TEXT.role, first: str = "") -> tuple[PortionRef, ...]:
    """List an act's texts of a role, in its order; *first* is the first role of the act's rule (*role* where empty)."""
    roles = roles_of(act, fields, first or role)
    return tuple([ref for each, ref in zip(roles, act.portions, strict=True) if each == role])


def lacking(charter: Charter, refs: Iterable[PortionRef]) -> list[str]:
    """List the charter's languages that no text of *refs* is in."""
    present = {ref.language for ref in refs}
    return [each for each in charter.languages if each not in present]


def text_faults(facts: RuleFacts, role: str = TEXT.role, first: str = "") -> tuple[RuleFinding, ...]:
    """Check the parallel texts of an act that offers or drafts them; a correction leaves the texts as they are.

    1. ``language-twice``: there is one text in a language.
    2. ``language-lacking``: shown, not refused: a language of the charter it is not in yet.
    3. ``texts-not-parallel``: shown, not refused: the texts fall into unequal numbers of paragraphs.
    """
    if facts.corrects:
        return ()
    refs = texts_of(facts.act, facts.fields, role, first)
    twice = [each for each, count in Counter([ref.language for ref in refs]).items() if count > 1]
    unequal = len({paragraphs(text) for text in facts.texts.get(role, ())}) > 1
    return (
        *[RuleFinding("language-twice", each) for each in twice],  # 1
        *[RuleFinding("language-lacking", each, refuses=False) for each in lacking(facts.charter, refs)],  # 2
        *([RuleFinding("texts-not-parallel", role, refuses=False)] if unequal else []),  # 3
    )


def paragraphs(text: str) -> int:
    """Count the paragraphs of a text: stretches between blank lines."""
    return len([part for part in _BLANK_LINES.split(text) if part.strip()])
