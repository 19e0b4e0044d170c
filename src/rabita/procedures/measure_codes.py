"""What each measure is: its PLOVER event, mode and contexts, what undoes it, and what the press may mean by one word.

PLOVER (Open Event Data Alliance, draft 0.7b1): what, how and why are three components and are shown as three; there is
no score here, because scores hide what they add up (breaking relations, -4, outranks halting talks, -7: field.md).
The Urdu and Persian press have one verb each for *summon* and for *recall* (glossary, Diplomacy); the codes differ.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal[
    "demarche",
    "note-verbale",
    "summon-envoy",
    "recall-ambassador",
    "withhold-return",
    "persona-non-grata",
    "downgrade-relations",
    "sever-relations",
    "suspend-visits",
    "suspend-talks",
    "suspend-trade",
    "close-crossing",
    "close-airspace",
    "mobilise",
    "strike",
    "de-escalate",
]
Restoring: TypeAlias = Literal[
    "return-ambassador",
    "allow-return",
    "lift-persona-non-grata",
    "restore-relations",
    "resume-visits",
    "resume-talks",
    "resume-trade",
    "reopen-crossing",
    "reopen-airspace",
    "stand-down",
]
Context: TypeAlias = Literal[
    "political",
    "military",
    "intelligence",
    "economic",
    "diplomatic",
    "resource",
    "migration",
    "humanitarian",
    "legal",
    "terrorism",
    "government",
    "election",
    "cyber",
    "crime",
    "environment-disaster",
]


class Plover(NamedTuple):
    """A PLOVER coding: what (event), how (mode; empty where the ontology has none), why (contexts)."""

    event: str
    mode: str
    contexts: tuple[Context, ...]


CODES: Final[Mapping[str, Plover]] = {
    "demarche": Plover("ACCUSE", "disapprove", ("diplomatic",)),
    "note-verbale": Plover("ACCUSE", "disapprove", ("diplomatic",)),
    "summon-envoy": Plover("ACCUSE", "disapprove", ("diplomatic",)),
    "recall-ambassador": Plover("SANCTION", "withdraw", ("diplomatic",)),
    "withhold-return": Plover("SANCTION", "expel", ("diplomatic",)),
    "persona-non-grata": Plover("SANCTION", "expel", ("diplomatic", "legal")),
    "downgrade-relations": Plover("SANCTION", "sever", ("diplomatic",)),
    "sever-relations": Plover("SANCTION", "sever", ("diplomatic",)),
    "suspend-visits": Plover("SANCTION", "cancel", ("diplomatic",)),
    "suspend-talks": Plover("SANCTION", "cancel", ("diplomatic",)),
    "suspend-trade": Plover("SANCTION", "sever", ("economic",)),
    "close-crossing": Plover("COERCE", "restrict", ("economic", "migration")),
    "close-airspace": Plover("COERCE", "restrict", ("military",)),
    "mobilise": Plover("MOBILIZE", "troops", ("military",)),
    "strike": Plover("ASSAULT", "heavy-weapons", ("military",)),
    "de-escalate": Plover("AGREE", "", ("military", "diplomatic")),
    "return-ambassador": Plover("SUPPORT", "", ("diplomatic",)),
    "allow-return": Plover("CONCEDE", "", ("diplomatic",)),
    "lift-persona-non-grata": Plover("CONCEDE", "", ("diplomatic", "legal")),
    "restore-relations": Plover("SUPPORT", "", ("diplomatic",)),
    "resume-visits": Plover("SUPPORT", "", ("diplomatic",)),
    "resume-talks": Plover("SUPPORT", "", ("diplomatic",)),
    "resume-trade": Plover("COOPERATE", "", ("economic",)),
    "reopen-crossing": Plover("RETREAT", "access", ("economic", "migration")),
    "reopen-airspace": Plover("RETREAT", "access", ("military",)),
    "stand-down": Plover("RETREAT", "withdraw", ("military",)),
}
"""The coding of every measure and of everything that undoes one; both nodes read it off the kind."""

UNDONE_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "recall-ambassador": ("return-ambassador",),
    "withhold-return": ("allow-return", "return-ambassador"),
    "persona-non-grata": ("lift-persona-non-grata",),
    "downgrade-relations": ("restore-relations",),
    "sever-relations": ("restore-relations",),
    "suspend-visits": ("resume-visits",),
    "suspend-talks": ("resume-talks",),
    "suspend-trade": ("resume-trade",),
    "close-crossing": ("reopen-crossing",),
    "close-airspace": ("reopen-airspace",),
    "mobilise": ("stand-down",),
}
"""What undoes a measure. Those left out (a strike, a summons, a protest) are done once and can only be over."""

OF_AN_ENVOY: Final = frozenset({"summon-envoy", "recall-ambassador", "withhold-return", "persona-non-grata"})
"""Measures that say of which post they are."""

PRESS_VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    "طلب": ("summon-envoy", "recall-ambassador"),
    "فراخواند": ("summon-envoy", "recall-ambassador"),
    "احضار": ("summon-envoy",),
    "واپس بلا": ("recall-ambassador",),
    "ملک بدر": ("withhold-return", "persona-non-grata"),
    "اخراج": ("withhold-return", "persona-non-grata"),
    "expel": ("withhold-return", "persona-non-grata"),
    "summon": ("summon-envoy",),
    "recall": ("recall-ambassador",),
    "sever": ("sever-relations",),
    "downgrad": ("downgrade-relations",),
}
"""Words of the press in three languages, and the measures each may mean."""


def read_press(label: str) -> tuple[str, ...]:
    """Give the measures that a press label may mean, in the order of the codes; none where no word is known."""
    lowered = label.casefold()
    meant = {kind for word, kinds in PRESS_VERBS.items() if word in lowered for kind in kinds}
    return tuple([kind for kind in CODES if kind in meant])
