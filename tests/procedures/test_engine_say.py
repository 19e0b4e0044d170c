"""The engine's rule E19: acts, states and duties in words, whole, from coded fields, in any language."""

from collections.abc import Mapping
from typing import Any

import pytest

from rabita.line.errors import SENTENCES
from rabita.procedures.catalogue import PROCEDURES
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import CORRECT, Procedure
from rabita.procedures.engine.duties import obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import (
    Reader,
    common_messages,
    explain,
    label,
    messages,
    placeholders,
    say_act,
    say_fields,
    say_state,
    say_status,
    say_value,
    utc,
)
from tests.procedures.sampling import SQUARE
from tests.procedures.toy import DEAL, TOYS, Colour, Whole
from tests.procedures.world import EDITION, IRN, PAK, World, charter

ONE = {"kind": "one-thing"}
MINUTE_MS = 60_000


def offered(fields: Mapping[str, Any] = ONE) -> tuple[World, Held]:
    world = World(TOYS)
    offer = world.say(PAK, "deal", "offer", fields=fields)
    world.meet()
    return world, offer


def said(world: World, held: Held, opening: Held, reader: Reader | None = None) -> str:
    case = world.case(opening)
    return say_act(DEAL, case, world.of(held, opening), *([reader] if reader else []))


def test_e19_every_coded_field_is_rendered_and_nothing_twice() -> None:
    fields = {
        "kind": "another",
        "limit": 3,
        "due_ms": 1_705_426_200_000,
        "distance_m": 4_000,
        "inner": {"count": 2, "known": True},
        "inners": [{"count": 1}, {"count": 2}],
        "place": {"area": SQUARE, "edition": EDITION},
        "source": {"grade": {"source": "B", "information": "2"}, "kind": "seen"},
        "grade": {"source": "C", "information": "3", "scheme": "4x4"},
        "sure": True,
        "colour": "deep-red",
    }
    world, offer = offered(fields)
    assert said(world, offer, offer) == (
        "X-PAK offers another. Limit: 3. Due: 2024-01-16 17:30Z. Distance: 4000 m. Inner: count 2; known yes. "
        "Inners: count 1, count 2. Place: 29.50N to 29.40N, 60.80E to 60.90E. "
        "Source: grade Source usually reliable; information probably true; kind seen. "
        "Grade: Source mostly unreliable; information not known personally to the source, but corroborated. Sure: yes. "
        "Colour: deep red."
    )


def test_e19_an_act_reads_as_corrected_and_a_correction_as_it_was_sent() -> None:
    world, offer = offered()
    fix = world.say(PAK, "deal", CORRECT, [offer], {"reason": "new-information", "fields": {"kind": "another"}})
    assert said(world, offer, offer) == "X-PAK offers another."
    assert said(world, fix, offer).endswith("Reason: new information. Fields: kind another.")


def test_e19_fields_and_single_values_are_said_alone_as_in_the_sentence() -> None:
    """A page shows a field beside its label, a form one value beside another: in the same words as the act's own."""
    reader = Reader(lambda text: {"Limit": "حد", "deep red": "قرمز تیره"}.get(text, text), time=lambda ms: f"{ms} میلی")
    fields = Whole(kind="one-thing", limit=5, due_ms=7, colour=Colour.RED)
    assert say_fields(fields) == {
        "Kind": "one thing",
        "Limit": "5",
        "Due": "1970-01-01 00:00Z",
        "Colour": "deep red",
    }
    assert say_fields(fields, reader) == {"Kind": "one thing", "حد": "5", "Due": "7 میلی", "Colour": "قرمز تیره"}
    assert say_value("colour", "deep-red", reader) == "قرمز تیره"
    assert say_value("due_ms", 7, reader) == "7 میلی"
    assert say_value("distance_m", 4_000) == "4000 m"


def test_e19_acts_nobody_here_can_read_name_their_author() -> None:
    world, offer = offered()
    odd = world.say(IRN, "deal", "shout", [offer])
    assert said(world, odd, offer) == "X-IRN: shout."
    empty = world.say(PAK, "deal", "sign", [offer])
    assert said(world, empty, offer) == "X-PAK signs ."


def test_e19_another_language_needs_no_code() -> None:
    """3-procedures, Language at 03:00: an act composed in Urdu is readable in Persian with nobody's help."""
    words = {
        "{author} offers {kind}.": "{author} پیشنهاد می‌دهد: {kind}.",
        "one thing": "یک چیز",
        "Limit": "حد",
        "{opener} made an offer.": "{opener} پیشنهادی داد.",
    }
    reader = Reader(lambda text: words.get(text, text), {PAK: "پاکستان"})
    world, offer = offered({**ONE, "limit": 5})
    assert said(world, offer, offer, reader) == "پاکستان پیشنهاد می‌دهد: یک چیز. حد: 5."
    assert say_state(DEAL, world.case(offer), reader) == "پاکستان پیشنهادی داد."


def test_e19_a_case_is_explained_with_what_is_owed_now() -> None:
    world, offer = offered()
    terms = charter(deadlines_s={"deal-answer": 600})
    text = world.say(PAK, "deal", "draft", [offer])
    world.meet()
    case = world.case(offer)
    dues = obligations(DEAL, terms, case)
    receipts = {offer.digest: MINUTE_MS, text.digest: MINUTE_MS}
    views = tuple(owed(each, receipts, 3 * 86_400_000) for each in dues)
    assert explain(DEAL, case, views) == (
        "X-PAK made an offer. X-IRN: answer, overdue since 1970-01-01 00:11Z. "
        "X-PAK and X-IRN: sign, open for 2 days, no date was set."
    )
    unseen = tuple(owed(each, {}, 0) for each in dues)
    assert "X-IRN: answer, X-IRN has not received it yet." in explain(DEAL, case, unseen)
    take = world.say(IRN, "deal", "take", [offer])
    met = tuple(owed(each, receipts | {take.digest: 2}, 3) for each in obligations(DEAL, terms, world.case(offer)))
    assert explain(DEAL, world.case(offer), met) == "The offer was taken."


def test_e19_a_joint_result_says_whether_it_stands_yet() -> None:
    world, offer = offered()
    text = world.say(PAK, "deal", "draft", [offer])
    world.meet()
    signed = [world.say(code, "deal", "sign", [text], {"digest": text.digest}) for code in (PAK, IRN)]
    world.meet()
    assert explain(DEAL, world.case(offer)) == "Both signed. There is a text. Both sides have signed; it stands."
    gap = world.compute([offer, text, *(each._replace(n=9) for each in signed)]).cases[offer.digest]
    assert explain(DEAL, gap).endswith("it stands once everything they had before them is held here.")


def test_e19_what_is_not_in_force_or_not_computed_says_so() -> None:
    world = World(TOYS)
    offer = world.say(PAK, "deal", "offer", fields=ONE, approvals=())
    assert say_state(DEAL, world.case(offer)) == f"Waiting for {offer.digest[:12]}."
    other = world.say(PAK, "deal", "offer", fields=ONE, version=7)
    assert say_state(DEAL, world.case(other)) == "This version cannot compute this case."


def test_e19_every_status_is_said_with_its_reason() -> None:
    world, offer = offered()
    wrong = world.say(IRN, "deal", "note", [offer], {"colour": "red"})
    found = world.of(wrong, offer)
    assert say_status(found, SENTENCES) == f"Void: {SENTENCES['field-unknown']}"
    assert {say_status(found._replace(status=status), SENTENCES) for status in Status}.isdisjoint({""})


def test_labels_are_names_without_their_unit_and_times_beyond_the_calendar_are_numbers() -> None:
    assert label("claimed_sponsor") == "Claimed sponsor"
    assert label("start_ms") == "Start"
    assert utc(2**53 - 1) == "9007199254740991 ms"


@pytest.mark.parametrize("procedure", [*PROCEDURES, DEAL], ids=lambda each: each.slug)
def test_every_sentence_has_places_only_for_what_there_is(procedure: Procedure) -> None:
    parties = {"author", "other", "opener", "responder"}
    for says in procedure.all_states.values():
        assert placeholders(says) <= {"opener", "responder"}
    for rule in procedure.rules.values():
        fields = set(rule.fields.__struct_fields__) - set(Coded.__struct_fields__)
        assert placeholders(rule.says) <= parties | fields
        assert rule.says.endswith(".")


@pytest.mark.parametrize("procedure", [*PROCEDURES, DEAL], ids=lambda each: each.slug)
def test_every_message_a_translator_needs_is_listed_once(procedure: Procedure) -> None:
    listed = messages(procedure)
    assert len(listed) == len(set(listed))
    assert {rule.says for rule in procedure.rules.values()} <= set(listed)
    assert {duty.says for duty in procedure.duties} <= set(listed)
    assert not set(common_messages()) & {""}
    assert "deep red" in messages(DEAL)
