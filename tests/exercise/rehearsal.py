"""A scenario rehearsed on its stages: every act written, checked and computed as the exercise does, with no node."""

from hashlib import sha256

from rabita.line.entry import Act, PortionRef, encode
from rabita.procedures.engine.held import extent_of
from rabita.services.after_action import report
from rabita.services.after_action_forms import PlayReport
from rabita.services.after_action_played import played
from rabita.services.exercise import Inject, Scenario, fields_of
from rabita.services.exercise_stage import Stage, edition_of
from rabita.services.terms import BOUNDARY, CEILINGS, DEADLINES_S
from tests.procedures.world import charter

CHARTER = charter(deadlines_s=DEADLINES_S, boundary=BOUNDARY, ceilings=CEILINGS)
EDITION = edition_of(CHARTER)


def rehearsed(scenario: Scenario, number: int) -> tuple[Stage, dict[str, str]]:
    """Play one play; gives the stage and, by inject, the sentence of its procedure's state after it."""
    stage = Stage(CHARTER, EDITION)
    digests: dict[str, str] = {}
    for count, inject in enumerate(scenario.of(number)):
        raw, texts = _written(scenario, number, inject, digests, count)
        digests[inject.id] = stage.say(inject, raw, texts).held.digest
    return stage, {name: stage.case_of(digest).state for name, digest in digests.items()}


def reported(scenario: Scenario, number: int) -> PlayReport:
    """Rehearse a play and report on it."""
    held = rehearsed(scenario, number)[0].held
    play = played(CHARTER, held, [each.digest for each in held], extent_of(held))
    return report(play, scenario.code(number), "title", "caution")


def _written(
    scenario: Scenario, number: int, inject: Inject, digests: dict[str, str], count: int
) -> tuple[bytes, dict[str, str]]:
    refs, texts = [], {}
    for at, words in enumerate(inject.portions):
        digest = sha256(f"{count}/{at}".encode()).hexdigest()
        state = "withheld" if words.withheld else "sent"
        refs.append(PortionRef(digest, state, words.marking or inject.marking, language=words.language))
        if not words.withheld:
            texts[digest] = words.text
    act = Act(
        line="line",
        author=inject.party,
        precedence=inject.precedence,
        id=f"{count:032x}",
        seal_before_ms=0,
        kind="exercise",
        procedure=inject.procedure,
        act=inject.act,
        basis=tuple([digests[each] for each in inject.answers]),
        marking=inject.marking,
        fields=fields_of(scenario, inject, number, CHARTER.boundary.digest, digests),
        portions=tuple(refs),
    )
    return encode(act), texts
