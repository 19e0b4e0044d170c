"""The release of drafts: four eyes, the very bytes shown, passkeys, consent acts, crashes, and whoever would cheat."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from rabita.line.entry import approval_message, encode
from rabita.line.errors import RabitaError
from rabita.line.ids import Lane
from rabita.policy.files import builtin
from rabita.procedures.marking import Category, Purpose
from rabita.services.authority import ENDED
from rabita.services.drafting import Shown
from rabita.services.drafts import Did, PersonalData, Said, SaidPortion, State
from rabita.services.officers import Passkey, Role, Standing
from tests.authenticator import PRESENT
from tests.services.release_house import DAY_MS, Died, Ministry, Someone, message, ministry


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Ministry]:
    with ministry(tmp_path) as found:
        yield found


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(RabitaError) as refused:
        act()
    return refused.value.code


def why(act: Callable[[], object]) -> str:
    with pytest.raises(RabitaError) as refused:
        act()
    assert refused.value.code == "policy-refused"
    return refused.value.detail


def consent(house: Ministry, drafter: Someone, reviewer: Someone) -> Shown:
    said = Said(basis=(house.asks_consent(),), fields=house.consenting())
    return house.reviewed(drafter, reviewer, said, procedure="notice", act="consent")


def test_a_draft_is_released_by_another_officer_than_its_writer(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    shown = house.reviewed(drafter, releaser, message(withheld="who told us"))
    begun = house.begun(releaser, shown)
    assert [each.text for each in begun.leaves] == ["The crossing closes at noon."]
    assert [each.text for each in begun.stays] == ["who told us"]
    assert sha256(encode(begun.act)).hexdigest() == begun.digest
    outcome = house.approved(releaser, shown, begun)
    assert (outcome.state, outcome.reference) == ("released", "X-PAK-P-0001")
    ((act, _, row),) = house.sealed()
    assert act == begun.act
    assert b"who told us" not in b"".join(each or b"" for each in (row.entry.act, *row.entry.portions))
    assert [role for role, _ in house.approvers()] == ["releaser"]
    ended = house.drafting.read(house.who(drafter), shown.draft.id)
    assert (ended.draft.state, ended.said, ended.findings) == (State.RELEASED, Said(), ())
    assert [each.did for each in ended.steps] == [Did.SUBMIT, Did.REVIEW, Did.APPROVE, Did.RELEASE]
    assert b"who told us" not in (house.folder / "drafts.db").read_bytes()


def test_nobody_releases_what_they_wrote_or_reviews_it(house: Ministry) -> None:
    writer, other = house.officer(Role.DRAFTER, Role.RELEASER), house.officer(Role.DRAFTER, Role.RELEASER)
    shown = house.draft(writer)
    shown = house.drafting.submit(house.who(writer), shown.draft.id, 1)
    assert "another officer" in why(lambda: house.drafting.review(house.who(writer), shown.draft.id, 1, ""))
    shown = house.drafting.review(house.who(other), shown.draft.id, 1, "")
    assert "No policy allows anyone" in why(lambda: house.begun(writer, shown))
    assert "No policy allows anyone" in why(lambda: house.begun(writer, shown, Lane.FLASH))
    returned = house.drafting.return_(house.who(other), shown.draft.id, 1, "the second sentence is wrong")
    assert returned.steps[-1].comment == "the second sentence is wrong"
    changed = house.drafting.save(house.who(other), shown.draft.id, 1, message("Mended."))
    assert changed.draft.writers == (writer.id, other.id)
    house.drafting.submit(house.who(writer), shown.draft.id, 2)
    third = house.officer(Role.RELEASER)
    shown = house.drafting.review(house.who(third), shown.draft.id, 2, "")
    assert why(lambda: house.begun(other, shown))
    assert house.approved(third, shown).state == "released"


def flash_alone(folder: Path) -> str:
    """Write a party's own policies: the built-in set, and the example that lets a FLASH go alone."""
    folder.mkdir()
    for each in builtin().iterdir():
        if ".cedar" in each.name and not each.name.endswith("schema"):
            (folder / each.name.removesuffix(".example")).write_text(each.read_text())
    return str(folder)


def test_a_flash_goes_alone_only_where_policy_says_so(tmp_path: Path) -> None:
    with ministry(tmp_path, policies=flash_alone(tmp_path / "policies")) as house:
        watch, other = house.officer(Role.RELEASER, Role.DUTY_OFFICER), house.officer(Role.RELEASER, Role.DUTY_OFFICER)
        shown = house.draft(watch)
        assert refusal(lambda: house.begun(watch, shown, Lane.IMMEDIATE)) == "draft-state"
        assert refusal(lambda: house.begun(other, shown, Lane.FLASH)) == "draft-state", "it was not submitted"
        outcome = house.approved(watch, shown, house.begun(watch, shown, Lane.FLASH))
        assert (outcome.state, outcome.reference) == ("released", "X-PAK-F-0001")


def test_a_flash_waits_for_no_reviewer_but_for_a_second_officer(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    shown = house.draft(drafter)
    shown = house.drafting.submit(house.who(drafter), shown.draft.id, 1)
    assert refusal(lambda: house.begun(releaser, shown)) == "draft-state"
    outcome = house.approved(releaser, shown, house.begun(releaser, shown, Lane.FLASH))
    assert outcome.reference == "X-PAK-F-0001"


def test_a_consent_needs_the_foreign_ministry_and_two_officers_in_any_order(house: Ministry) -> None:
    drafter, desk = house.officer(Role.DRAFTER), house.officer(Role.FOREIGN_MINISTRY_DESK, post="MFA")
    one, two = house.officer(Role.RELEASER), house.officer(Role.RELEASER)
    shown = consent(house, drafter, one)
    house.second_key(one)
    assert house.approved(one, shown).state == "waiting"
    again = house.approved(one, shown, key=1)
    assert (again.state, len(again.approvals_given)) == ("waiting", 1), "one officer, whatever keys they have"
    assert again.approvals_needed == ("foreign-ministry", "officer", "officer")
    assert house.approved(two, shown).state == "waiting", "three officers are needed, one of them at the desk"
    assert house.approved(desk, shown).state == "released"
    assert sorted(role for role, _ in house.approvers()) == ["foreign-ministry", "releaser", "releaser"]
    assert [row.state for row in house.book.index.cases(house.line, "notice", "", 0, 9)] == ["consented"]


def test_a_change_of_precedence_or_of_words_begins_anew(house: Ministry) -> None:
    drafter, desk = house.officer(Role.DRAFTER), house.officer(Role.FOREIGN_MINISTRY_DESK)
    one, two = house.officer(Role.RELEASER), house.officer(Role.RELEASER)
    shown = consent(house, drafter, one)
    first = house.begun(desk, shown)
    assert house.begun(one, shown).digest == first.digest
    house.approved(desk, shown, first)
    other = house.begun(two, shown, Lane.IMMEDIATE)
    assert other.digest != first.digest
    assert other.approvals_given == ()
    assert refusal(lambda: house.approved(one, shown, first)) == "draft-changed"
    house.approved(desk, shown, house.begun(desk, shown, Lane.IMMEDIATE))
    house.drafting.return_(house.who(one), shown.draft.id, 1, "")
    assert refusal(lambda: house.approved(two, shown, other)) == "draft-changed"
    assert house.sealed() == []


def test_whoever_may_approve_no_more_counts_no_more(house: Ministry) -> None:
    drafter, desk = house.officer(Role.DRAFTER), house.officer(Role.FOREIGN_MINISTRY_DESK)
    one, two, three = (house.officer(Role.RELEASER) for _ in range(3))
    shown = consent(house, drafter, two)
    for each in (desk, one):
        house.approved(each, shown)
    house.people.suspend(one.id)
    outcome = house.approved(two, shown)
    assert (outcome.state, [each.by for each in outcome.approvals_given]) == ("waiting", [desk.id, two.id])
    house.people.revoke(two.id)
    house.publish()
    assert house.approved(three, shown).state == "waiting"
    four = house.officer(Role.RELEASER)
    assert house.approved(four, shown).state == "released"


def test_the_same_request_again_has_the_same_answer_and_seals_nothing(house: Ministry) -> None:
    drafter, desk = house.officer(Role.DRAFTER), house.officer(Role.FOREIGN_MINISTRY_DESK)
    one, two = house.officer(Role.RELEASER), house.officer(Role.RELEASER)
    shown = consent(house, drafter, one)
    for each in (one, desk, two):
        begun = house.begun(each, shown)
        answer = each.keys[0].show(begun.public_key)
        told = [house.release.release(house.who(each), shown.draft.id, begun.digest, answer) for _ in range(2)]
        assert (told[0].state, told[0].reference) == (told[1].state, told[1].reference)
    assert house.drafting.read(house.who(one), shown.draft.id).draft.state is State.RELEASED
    assert house.seals == 1
    assert refusal(lambda: house.begun(two, shown)) == "draft-state"


@pytest.mark.parametrize(("dies", "seals"), [("before", 2), ("after", 1)])
def test_a_crash_between_two_steps_seals_nothing_twice_and_loses_no_approval(
    house: Ministry, dies: str, seals: int
) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    shown = house.reviewed(drafter, releaser)
    begun = house.begun(releaser, shown)
    answer = releaser.keys[0].show(begun.public_key)
    house.dies = dies
    with pytest.raises(Died):
        house.release.release(house.who(releaser), shown.draft.id, begun.digest, answer)
    house.restart()
    again = house.release.release(house.who(releaser), shown.draft.id, begun.digest, answer)
    assert (again.state, again.reference, house.seals) == ("released", "X-PAK-P-0001", seals)
    ((act, _, _),) = house.sealed()
    assert act == begun.act


def test_what_was_sealed_before_a_crash_is_found_released_by_whoever_looks(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    shown = house.reviewed(drafter, releaser)
    house.dies = "after"
    with pytest.raises(Died):
        house.approved(releaser, shown)
    house.restart()
    assert refusal(lambda: house.drafting.return_(house.who(releaser), shown.draft.id, 1, "")) == "draft-state"
    found = house.drafting.read(house.who(drafter), shown.draft.id)
    assert (found.draft.state, found.draft.reference) == (State.RELEASED, "X-PAK-P-0001")
    assert found.steps[-1].by == releaser.id


def test_an_act_that_cannot_be_sealed_now_keeps_its_approvals(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    shown = house.reviewed(drafter, releaser)
    begun, house.dies = house.begun(releaser, shown), "refuses"
    answer = releaser.keys[0].show(begun.public_key)

    def release() -> str:
        return house.release.release(house.who(releaser), shown.draft.id, begun.digest, answer).state

    assert refusal(release) == "store-unavailable"
    assert len(house.begun(releaser, shown).approvals_given) == 1
    assert release() == "released"


def test_an_answer_that_is_not_this_officer_s_passkey_over_these_bytes_is_refused(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    other, device = house.officer(Role.RELEASER), releaser.keys[0]
    shown, second = house.reviewed(drafter, releaser), house.reviewed(drafter, releaser)
    begun = house.begun(releaser, shown)

    def answered(**changed: Any) -> str:  # noqa: ANN401 - how the authenticator cheats
        honest = {name: getattr(device, name) for name in changed}
        for name, value in changed.items():
            setattr(device, name, value)
        answer = device.show(begun.public_key)
        for name, value in honest.items():
            setattr(device, name, value)
        return given(answer)

    def given(answer: dict[str, Any]) -> str:
        return refusal(lambda: house.release.release(house.who(releaser), shown.draft.id, begun.digest, answer))

    assert answered(origin="https://evil.test") == "passkey-refused"
    assert answered(rp_id="evil.test") == "passkey-refused"
    assert answered(flags=PRESENT) == "passkey-refused"
    assert given(other.keys[0].show(begun.public_key)) == "passkey-refused"
    assert given(device.show(house.begun(releaser, second).public_key)) == "passkey-refused"
    assert given(device.show(house.sign_in.begin())) == "passkey-refused"
    for broken in ({}, {"id": "x"}, {"id": "x", "response": 1}, {"id": "x", "response": {"signature": "ü"}}):
        assert given(broken) == "passkey-refused"
    drafted = approval_message("drafter", encode(begun.act))
    challenge = urlsafe_b64encode(sha256(drafted).digest()).decode().rstrip("=")
    assert given(device.show(begun.public_key | {"challenge": challenge})) == "passkey-refused"
    assert house.approved(releaser, shown, begun).state == "released"
    assert house.seals == 1


def test_a_cloned_passkey_is_found_by_its_counter_and_suspended(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    shown = house.reviewed(drafter, releaser)
    begun, who = house.begun(releaser, shown), house.who(releaser)
    releaser.keys[0].sign_count -= 1
    answer = releaser.keys[0].show(begun.public_key)
    assert refusal(lambda: house.release.release(who, shown.draft.id, begun.digest, answer)) == "passkey-cloned"
    with house.officers.reading() as rows:
        assert [each.standing for each in rows.of(Passkey, releaser.id)] == [Standing.SUSPENDED]
    assert refusal(lambda: house.who(releaser)) == "session-over"
    assert house.sealed() == []


def test_an_approval_key_that_does_not_stand_on_the_line_approves_nothing(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    shown = house.reviewed(drafter, releaser)
    begun = house.begun(releaser, shown)
    reviewer = house.officer(Role.REVIEWER)
    late = house.people.appoint(house.who(house.admin), releaser.id, "LO-TURBAT", Role.RELEASER, 0, 0)
    as_post = house.reviewed(drafter, reviewer, message(post="LO-TURBAT"))
    assert refusal(lambda: house.begun(releaser, as_post)) == "approval-key-missing"
    house.publish()
    assert house.approved(releaser, as_post).approvals_given[0].post == late.post
    for tenure in house.people.known(releaser.id).tenures:
        house.people.dismiss(releaser.id, tenure.id)
    house.publish()
    assert why(lambda: house.approved(releaser, shown, begun))


def test_a_post_whose_accreditation_ended_says_nothing_more(house: Ministry) -> None:
    drafter = house.officer(Role.DRAFTER, post="LO-TURBAT")
    releaser = house.officer(Role.RELEASER, post="LO-TURBAT")
    shown = house.reviewed(drafter, releaser, message(post="LO-TURBAT"))
    begun, house.accredited = house.begun(releaser, shown), ENDED
    assert "accreditation" in why(lambda: house.approved(releaser, shown, begun))
    assert house.sealed() == []


def test_what_is_marked_above_one_s_clearance_is_neither_read_nor_released(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER, clearances=("RESTRICTED",))
    secret = Said(portions=(SaidPortion("Come."), SaidPortion("Who says so.", marking="SECRET", withheld=True)))
    shown = house.draft(drafter, secret)
    assert "clearances" in why(lambda: house.drafting.read(house.who(releaser), shown.draft.id))
    assert house.drafting.listed(house.who(releaser)).rows == ()
    assert house.drafting.listed(house.who(drafter)).rows == (shown.draft,)
    shown = house.drafting.submit(house.who(drafter), shown.draft.id, 1)
    shown = house.drafting.review(house.who(house.officer(Role.REVIEWER)), shown.draft.id, 1, "")
    assert "clearances" in why(lambda: house.begun(releaser, shown))


def test_personal_data_need_terms_and_the_reviewer_for_them(house: Ministry) -> None:
    drafter, releaser = house.officer(Role.DRAFTER), house.officer(Role.RELEASER)
    guard = house.officer(Role.DATA_PROTECTION_REVIEWER)
    marked = "PERSONAL humanitarian/missing/30"
    portions = (SaidPortion("One fisherman is missing."), SaidPortion("A. B., of Jiwani.", marking=marked))

    def draft(personal: PersonalData | None) -> Shown:
        return house.draft(drafter, Said(portions=portions, personal_data=personal, marking=marked))

    def submitted(shown: Shown) -> Shown:
        return house.drafting.submit(house.who(drafter), shown.draft.id, 1)

    now_ms = house.clock.now_ms()
    for personal in (
        None,
        PersonalData(Purpose.SAFETY, Category.MISSING, now_ms + 30 * DAY_MS),
        PersonalData(Purpose.HUMANITARIAN, Category.WITNESS, now_ms + 30 * DAY_MS),
        PersonalData(Purpose.HUMANITARIAN, Category.MISSING, now_ms),
        PersonalData(Purpose.HUMANITARIAN, Category.MISSING, now_ms + 10 * DAY_MS),
        PersonalData(Purpose.HUMANITARIAN, Category.MISSING, now_ms + 36_500 * DAY_MS),
    ):
        shown = draft(personal)
        assert "personal-incomplete" in [each.code for each in shown.findings], personal
        assert refusal(partial(submitted, shown)) == "personal-incomplete"
    shown = submitted(draft(PersonalData(Purpose.HUMANITARIAN, Category.MISSING, now_ms + 30 * DAY_MS)))
    shown = house.drafting.review(house.who(releaser), shown.draft.id, 1, "")
    assert "data-protection" in why(lambda: house.begun(releaser, shown))
    assert house.drafting.read(house.who(guard), shown.draft.id).draft.state is State.IN_RELEASE
    shown = house.drafting.review(house.who(guard), shown.draft.id, 1, "few enough")
    assert shown.steps[-1].did is Did.REVIEW_PERSONAL_DATA
    assert house.approved(releaser, shown).state == "released"
    plain = house.draft(drafter)
    assert why(lambda: house.drafting.read(house.who(guard), plain.draft.id)), "others are none of theirs"


def test_a_coded_field_says_that_there_are_personal_data(house: Ministry) -> None:
    drafter = house.officer(Role.DRAFTER)
    fields = {"subject": "other", "statements": [{"nature": "fact"}], "personal": True}
    for said, act in ((Said(fields=fields), "issue"), (Said(fields={"reason": "error", "fields": fields}), "correct")):
        shown = house.draft(drafter, said, procedure="intelligence report", act=act)
        assert "personal-incomplete" in [each.code for each in shown.findings]


def test_many_at_once_over_one_draft_seal_it_once(house: Ministry) -> None:
    drafter = house.officer(Role.DRAFTER)
    releasers = [house.officer(Role.RELEASER) for _ in range(4)]
    shown = house.reviewed(drafter, releasers[0])
    begun = [house.begun(each, shown) for each in releasers]
    answers = [each.keys[0].show(told.public_key) for each, told in zip(releasers, begun, strict=True)]
    ready, outcomes = Barrier(4), []

    def release(at: int) -> None:
        who = house.who(releasers[at])
        ready.wait()
        try:
            outcomes.append(house.release.release(who, shown.draft.id, begun[at].digest, answers[at]).reference)
        except RabitaError as fault:
            outcomes.append(fault.code)

    threads = [Thread(target=release, args=(at,)) for at in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert house.seals == 1
    assert set(outcomes) <= {"X-PAK-P-0001", "draft-busy"}
    assert "X-PAK-P-0001" in outcomes
