"""Agreed and disputed facts: field by field, from coded facts and from what was sent or disclosed, and only a view."""

from hashlib import sha256
from typing import Any, Final

from rabita.line.entry import SENT, WITHHELD, PortionRef
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.fold import fingerprint
from rabita.procedures.engine.held import Held
from rabita.procedures.incident_facts import Comparison, Verdict, calls_for_clarification, compare
from tests.procedures.sampling import SQUARE
from tests.procedures.test_incident import REPORT
from tests.procedures.world import EDITION, IRN, PAK, World

GRADE: Final = {"source": "B", "information": "2"}
FAR: Final = [[lon + 1_000_000, lat] for lon, lat in SQUARE]
NEAR: Final = [[lon + 50_000, lat] for lon, lat in SQUARE]


def portion(text: str, standing: str = SENT) -> PortionRef:
    return PortionRef(sha256(text.encode()).hexdigest(), standing, "")


def told(
    ours: dict[str, Any],
    theirs: dict[str, Any] | None,
    contents: dict[str, str] | None = None,
    our_portions: tuple[PortionRef, ...] = (),
    their_portions: tuple[PortionRef, ...] = (),
) -> tuple[Comparison, World, Held]:
    world = World()
    report = world.say(PAK, "incident", "report", fields={**REPORT, **ours}, portions=our_portions)
    world.meet()
    if theirs is not None:
        world.say(IRN, "incident", "account", [report], {**REPORT, **theirs}, portions=their_portions)
        world.meet()
    return compare(world.case(report), contents or {}), world, report


def verdicts(comparison: Comparison) -> dict[str, Verdict]:
    return {row.field: row.verdict for row in comparison.rows}


def test_agreed_and_disputed_facts_are_computed_field_by_field() -> None:
    """3-procedures: account A, account B, agreed facts, disputed facts computed field by field."""
    ours = {"soil": "opener", "means": ["missile", "drone"], "harm": {"killed": 2, "wounded": 0, "property": "major"}}
    theirs = {"soil": "opener", "means": ["drone", "missile"], "harm": {"killed": 0, "property": "major"}}
    comparison, _, _ = told(ours, theirs)
    assert comparison.fields(Verdict.AGREED) == ["what", "when", "soil", "means", "property"]
    assert comparison.fields(Verdict.DISPUTED) == ["killed"]
    assert comparison.fields(Verdict.ONE_SIDED) == ["wounded"]
    assert {"where", "missing", "detained"} <= set(comparison.fields(Verdict.UNTOLD))


def test_times_agree_where_they_overlap_and_places_where_their_bounds_do() -> None:
    where = {"area": SQUARE, "edition": EDITION}
    near, _, _ = told({"where": where}, {"where": {"area": NEAR, "edition": EDITION}})
    assert verdicts(near)["where"] is Verdict.AGREED
    far, _, _ = told(
        {"where": where},
        {"where": {"area": FAR, "edition": EDITION}, "when": {"start_ms": 2_001, "end_ms": 3_000}},
    )
    assert verdicts(far)["where"] is verdicts(far)["when"] is Verdict.DISPUTED


def test_accounts_made_on_different_map_editions_are_flagged() -> None:
    """3-procedures, Territory guard: two accounts made on different map editions are flagged."""
    where = {"area": SQUARE, "edition": EDITION}
    same, _, _ = told({"where": where}, {"where": where})
    other, _, _ = told({"where": where}, {"where": {**where, "edition": "f" * 64}})
    alone, _, _ = told({"where": where}, None)
    assert (same.editions_differ, other.editions_differ, alone.editions_differ) == (False, True, False)


def test_attribution_and_claimed_sponsor_are_compared_apart_from_the_facts() -> None:
    ours = {
        "attribution": {"actor": "armed-group", "grade": GRADE},
        "claimed_sponsor": {"sponsor": "third-state", "grade": GRADE},
    }
    theirs = {"attribution": {"actor": "armed-group", "grade": {**GRADE, "information": "6"}}}
    comparison, _, _ = told(ours, theirs)
    claims = {row.field: row.verdict for row in comparison.rows if row.claim}
    assert claims == {"attribution": Verdict.AGREED, "claimed sponsor": Verdict.ONE_SIDED}
    assert not {"attribution", "claimed sponsor"} & set(comparison.fields(Verdict.AGREED))


def test_words_are_compared_from_what_was_sent_or_disclosed_alone() -> None:
    same, other, secret = portion("at dawn"), portion("at noon"), portion("secret", WITHHELD)
    contents = {same.digest: "at dawn \n", other.digest: "at noon"}
    agreed, _, _ = told({"roles": ["when"]}, {"roles": ["when"]}, contents, (same,), (same,))
    assert verdicts(agreed)["when, in words"] is Verdict.AGREED
    disputed, _, _ = told({"roles": ["when"]}, {"roles": ["when"]}, contents, (same,), (other,))
    assert verdicts(disputed)["when, in words"] is Verdict.DISPUTED
    withheld, world, report = told({"roles": ["when"]}, {"roles": ["when"]}, contents, (same,), (secret,))
    assert verdicts(withheld)["when, in words"] is Verdict.WITHHELD
    disclosed = compare(world.case(report), {**contents, secret.digest: "at dawn"})
    assert verdicts(disclosed)["when, in words"] is Verdict.AGREED
    purged = compare(world.case(report), {})
    assert verdicts(purged)["when, in words"] is Verdict.WITHHELD


def test_a_portion_without_a_role_is_the_account_itself() -> None:
    words = portion("all of it")
    comparison, _, _ = told({}, None, {words.digest: "all of it"}, (words,))
    assert verdicts(comparison)["account, in words"] is Verdict.ONE_SIDED


def test_a_correction_changes_the_comparison_in_fields_and_words() -> None:
    wrong, right = portion("ten"), portion("two")
    contents = {wrong.digest: "ten", right.digest: "two"}
    _, world, report = told(
        {"harm": {"killed": 10}, "roles": ["harm"]},
        {"harm": {"killed": 2}, "roles": ["harm"]},
        contents,
        (wrong,),
        (right,),
    )
    fix = {"reason": "error", "fields": {**REPORT, "harm": {"killed": 2}}, "roles": ["harm"]}
    world.say(PAK, "incident", CORRECT, [report], fix, portions=(right,))
    after = verdicts(compare(world.case(report), contents))
    assert after["killed"] is after["harm, in words"] is Verdict.AGREED


def test_a_withdrawn_account_is_left_out() -> None:
    _, world, report = told({}, {})
    account = world.case(report).effective("account")[0].held
    world.say(IRN, "incident", WITHDRAW, [account], {"reason": "error"})
    assert verdicts(compare(world.case(report), {}))["what"] is Verdict.ONE_SIDED


def test_the_comparison_is_a_view_and_never_a_state() -> None:
    """3-procedures: transitions read stamps and acts only, never portions."""
    words = portion("all of it")
    _, world, report = told({}, {}, {}, (words,))
    before = fingerprint(world.case(report))
    assert compare(world.case(report), {words.digest: "one"}) != compare(world.case(report), {words.digest: "two"})
    assert fingerprint(world.case(report)) == before


def test_clarification_is_shown_first_to_the_side_that_attributes_the_incident_to_the_other() -> None:
    """3-procedures, clarification: shown first whenever an incident is attributed to the other side."""
    blame = {"attribution": {"actor": "responder", "grade": GRADE}}
    _, world, report = told(blame, {"attribution": {"actor": "armed-group", "grade": GRADE}})
    assert calls_for_clarification(world.case(report)) == (PAK,)
    _, world, report = told({}, {"attribution": {"actor": "opener", "grade": GRADE}})
    assert calls_for_clarification(world.case(report)) == (IRN,)
    _, world, report = told(blame, None)
    assert calls_for_clarification(world.case(report)) == (PAK,)
