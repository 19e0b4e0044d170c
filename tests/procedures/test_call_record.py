"""Call record, clause by clause: a note of a call, confirmed or differently remembered, between posts, never names."""

from typing import Any, Final

import pytest

from rabita.line.entry import SENT, PortionRef
from rabita.line.errors import UserFault
from rabita.procedures.call_record import CALL_RECORD, FIELDS, Call, differences
from rabita.procedures.duty_directory import DutyDirectory, Hours, Post
from rabita.procedures.engine.check import check
from rabita.procedures.engine.definition import CORRECT
from rabita.procedures.engine.duties import obligations
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.judge import FieldFault, read_fields
from tests.procedures.ruling import NOW_MS, refused, ruled
from tests.procedures.world import IRN, PAK, World

HOUR_MS: Final = 3_600_000
CALLED: Final[dict[str, Any]] = {
    "means": "telephone",
    "when": {"start_ms": NOW_MS - HOUR_MS, "end_ms": NOW_MS - HOUR_MS // 2},
    "called_by": "opener",
    "opener_post": "operations-room",
    "responder_post": "border-command",
    "topics": ["incident", "meeting"],
    "outcome": "action-promised",
}
WORDS: Final = tuple(
    [PortionRef(each * 64, SENT, "", language=lang) for each, lang in (("1", "en"), ("2", "ur"), ("3", "fa"))]
)
HOURS: Final = (Hours(tuple(range(7)), 0, 0),)
DIRECTORY: Final = DutyDirectory(
    (
        Post("operations-room", PAK, ("1",), ("ur",), HOURS),
        Post("border-command", IRN, ("2",), ("fa",), HOURS),
    )
)


def noted(portions: tuple[PortionRef, ...] = WORDS, **changes: Any) -> tuple[World, Held]:  # noqa: ANN401 - a field
    world = World()
    held = world.say(PAK, "call record", "note", fields={**CALLED, **changes}, portions=portions)
    world.meet()
    return world, held


def otherwise(world: World, note: Held, **changes: Any) -> Held:  # noqa: ANN401 - a field
    held = world.say(IRN, "call record", "remember differently", [note], {**CALLED, **changes}, portions=WORDS)
    world.meet()
    return held


def test_a_note_of_a_telephone_or_radio_call_confirmed() -> None:
    """3-procedures, call record: note of a telephone or radio call -> confirmed."""
    for means in ("telephone", "radio"):
        world, note = noted(means=means)
        assert ruled(world, note) == ()
        assert world.case(note).state == "noted"
        world.say(IRN, "call record", "confirm", [note])
        assert world.case(note).state == "confirmed"
        assert differences(world.case(note)) == ()


def test_the_note_has_its_words_and_what_it_was_about() -> None:
    """3-procedures, call record: a note; who, when and about what are coded, the words a portion both can read."""
    world, note = noted(())
    assert note.act is not None
    with pytest.raises(UserFault, match="portion-lacking"):
        check(CALL_RECORD, world.charters[1], None, note.act)
    for name in CALLED:
        left = {key: value for key, value in CALLED.items() if key != name}
        assert isinstance(read_fields(CALL_RECORD.rules["note"], left), FieldFault)


def test_differently_remembered_keeps_both_notes_field_by_field() -> None:
    """3-procedures, call record: differently remembered; each side's own note, whole, stays on record."""
    world, note = noted()
    otherwise(world, note, outcome="information-passed", topics=["meeting", "incident"])
    assert world.case(note).state == "differently remembered"
    compared = differences(world.case(note))
    assert [each.field for each in compared] == list(FIELDS)
    [differs] = [each for each in compared if not each.agreed]
    assert (differs.field, differs.opener, differs.responder) == ("outcome", "action-promised", "information-passed")
    world.say(PAK, "call record", "close", [note])
    assert world.case(note).state == "closed"
    assert differences(world.case(note)) == compared


def test_times_agree_where_they_overlap() -> None:
    """3-procedures, call record: remembered differently is not a minute's difference between two clocks."""
    world, note = noted()
    otherwise(world, note, when={"start_ms": NOW_MS - HOUR_MS + 60_000, "end_ms": NOW_MS})
    assert all(each.agreed for each in differences(world.case(note)))
    world, note = noted()
    otherwise(world, note, when={"start_ms": NOW_MS - 9 * HOUR_MS, "end_ms": NOW_MS - 8 * HOUR_MS})
    assert [each.field for each in differences(world.case(note)) if not each.agreed] == ["when"]


def test_an_amended_note_is_answered_anew_and_corrections_keep_history() -> None:
    """3-procedures, release: corrections refer to what they correct; an amended note asks for a new answer."""
    world, note = noted()
    otherwise(world, note, outcome="cut-off")
    world.say(PAK, "call record", "amend", [note], {**CALLED, "outcome": "cut-off"}, portions=WORDS)
    world.meet()
    assert world.case(note).state == "noted"
    assert all(each.agreed for each in differences(world.case(note)))
    fields = {"reason": "error", "fields": {**CALLED, "means": "radio"}}
    corrected = world.say(PAK, "call record", CORRECT, [note], fields)
    assert ruled(world, corrected) == ()
    first = world.of(note, note)
    assert isinstance(first.fields, Call)
    assert isinstance(first.corrected, Call)
    assert (first.fields.means, first.corrected.means) == ("telephone", "radio")


def test_the_other_side_owes_an_answer_within_the_lanes_handling_time() -> None:
    """Field research, precedence: ROUTINE is handled within 6 hours; nobody confirms his own note."""
    world, note = noted()
    [due] = obligations(CALL_RECORD, world.charters[1], world.case(note))
    assert (due.debtors, due.allowed_ms) == ((IRN,), 6 * HOUR_MS)
    own = world.say(PAK, "call record", "confirm", [note])
    assert world.of(own, note).because == "not-your-act"
    assert ruled(world, own) == ()


def test_a_call_is_noted_after_it_was_made() -> None:
    """3-procedures, call record: a note of a call, not of one to come."""
    world, note = noted(when={"start_ms": NOW_MS, "end_ms": NOW_MS + 1})
    assert refused(ruled(world, note)) == ["call-ahead"]
    assert ruled(world, note, NOW_MS + 1) == ()


def test_both_posts_stand_in_the_duty_directory() -> None:
    """3-procedures, call record: the duty directory belongs to the charter's annexes; posts, never names."""
    world, note = noted()
    assert ruled(world, note, directory=DIRECTORY) == ()
    told = otherwise(world, note)
    assert ruled(world, told, directory=DIRECTORY) == ()
    world, note = noted(opener_post="border-command", responder_post="nobody")
    found = [(each.code, each.detail) for each in ruled(world, note, directory=DIRECTORY)]
    assert found == [("post-unknown", "opener_post"), ("post-unknown", "responder_post")]
    assert isinstance(
        read_fields(CALL_RECORD.rules["note"], {**CALLED, "opener_post": "Colonel So-and-so"}), FieldFault
    )
