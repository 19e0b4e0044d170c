"""Which credential an approval is judged by: places in the author's own order alone decide, whatever came first."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from rabita.keys.ring import KeyRing
from rabita.keys.sets import OfficerKey
from rabita.line.approvals import (
    END,
    FALSE,
    REVOKED,
    UNKNOWN,
    VERIFIED,
    History,
    Publication,
    check_approval_at,
    credential_at,
    judged,
    revoked_at,
    standing,
    with_publication,
)
from rabita.line.control import CREDENTIAL, CREDENTIAL_REVOCATION, RevokedCredential, fields_of
from rabita.line.entry import Approval, approval_message
from rabita.line.errors import PeerFault
from rabita.line.ids import LANES, Lane
from rabita.line.transcript import verify_transcript
from rabita.line.verify import ED25519, WEBAUTHN, Credential
from rabita.services.transcripts import export
from tests.authenticator import ORIGIN, PRESENT, Authenticator, by_passkey
from tests.authenticator import VERIFIED as VERIFIED_USER
from tests.line.founders import US, seed
from tests.pair import START_MS, Pair, Side

ACT = b'{"what":"officers approve"}'
OFFICER = OfficerKey(US, "ops", seed("officer"))
RELEASING = Credential("k1", "ops", ("release",), ED25519, OFFICER.public)
DRAFTING = Credential("k1", "ops", ("draft",), ED25519, OFFICER.public)
NOTHING = Credential("k1", "ops", (), ED25519, OFFICER.public)


def told(*said: tuple[int, int, Credential | None]) -> History:
    """Put together what was said of a key, each with its epoch and number."""
    history: History = ()
    for at, (epoch, n, credential) in enumerate(said):
        history = with_publication(history, Publication((epoch, n), at, credential))
    return history


def approval(role: str = "release", act: bytes = ACT) -> Approval:
    return Approval(role, "k1", KeyRing(OFFICER).sign_ed25519(OFFICER.public, approval_message(role, act)))


def test_of_several_publications_the_newest_before_the_entry_counts() -> None:
    history = told((1, 2, DRAFTING), (1, 5, RELEASING), (2, 1, NOTHING))
    assert [judged(approval(), ACT, (1, n), history) for n in (3, 4, 6, 90)] == [FALSE, FALSE, VERIFIED, VERIFIED]
    assert judged(approval(), ACT, (2, 2), history) == FALSE
    assert judged(approval("draft"), ACT, (1, 3), history) == VERIFIED
    assert standing(history) == NOTHING


def test_one_that_came_late_counts_for_what_is_before_it() -> None:
    """What an officer signed is not lost for having been published after it: the first that follows is taken."""
    history = told((1, 5, RELEASING), (1, 7, DRAFTING))
    assert judged(approval(), ACT, (1, 2), history) == VERIFIED
    assert check_approval_at(approval(), ACT, (1, 2), history) == RELEASING


def test_a_key_nobody_published_is_unknown() -> None:
    assert judged(approval(), ACT, (1, 1), ()) == UNKNOWN
    assert standing(()) is None
    with pytest.raises(PeerFault, match="credential-unknown"):
        credential_at((), (1, 1))
    assert judged(approval(), ACT, (1, 1), told((1, 3, None))) == UNKNOWN


def test_after_a_revocation_nothing_counts_and_before_it_all_stays_good() -> None:
    history = told((1, 1, RELEASING), (1, 4, None), (1, 9, None))
    assert [judged(approval(), ACT, (1, n), history) for n in (2, 3, 5, 8, 10)] == [VERIFIED] * 2 + [REVOKED] * 3
    assert judged(approval(), ACT, (2, 1), history) == REVOKED
    assert (revoked_at(history), revoked_at(history[:1])) == ((1, 4), END)
    assert standing(history) is None
    with pytest.raises(PeerFault, match="credential-revoked"):
        check_approval_at(approval(), ACT, (1, 5), history)


def test_what_is_published_after_a_revocation_counts_for_nothing() -> None:
    """Also where the revocation came later than the publication that stands behind it."""
    history = told((1, 6, RELEASING), (1, 3, None), (1, 1, DRAFTING))
    assert judged(approval(), ACT, (1, 2), history) == FALSE
    assert judged(approval(), ACT, (1, 7), history) == REVOKED
    assert judged(approval(), ACT, (1, 2), told((1, 6, RELEASING), (1, 3, None))) == UNKNOWN


def test_every_order_of_arrival_gives_one_history() -> None:
    said = [
        Publication((1, 2), 1, RELEASING),
        Publication((1, 2), 2, DRAFTING),
        Publication((2, 1), 0, None),
        Publication((1, 9), 3, NOTHING),
    ]
    found = set()
    for order in permutations(said):
        history: History = ()
        for each in order:
            history = with_publication(history, each)
        found.add(history)
    assert len(found) == 1


# attacks on a passkey's approval, each refused with its code

DEVICE = Authenticator(rp_id="node.example")
POINT = DEVICE.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
PASSKEY = Credential("k1", "ops", ("release",), WEBAUTHN, POINT, "node.example", (ORIGIN,))
STANDING = told((1, 1, PASSKEY))
ENDED = told((1, 1, PASSKEY), (1, 2, None))


def shown(act: bytes = ACT, role: str = "release", **changed: Any) -> Approval:  # noqa: ANN401 - a field of the device
    return by_passkey(replace(DEVICE, **changed), role, act, "k1")


def forged() -> Approval:
    """Take everything of a good one but the signature, which is over something else."""
    return msgspec.structs.replace(shown(), signature=shown(b"another act").signature)


@pytest.mark.parametrize(
    ("approval", "history", "code"),
    [
        (shown(b"another act"), STANDING, "approval-foreign"),
        (shown(ACT.replace(b"officers", b"line two")), STANDING, "approval-foreign"),
        (shown(role="drafter"), STANDING, "approval-foreign"),
        (shown(origin="https://evil.example"), STANDING, "approval-foreign"),
        (shown(rp_id="evil.example"), STANDING, "approval-foreign"),
        (shown(flags=PRESENT), STANDING, "approval-foreign"),
        (shown(flags=VERIFIED_USER), STANDING, "approval-foreign"),
        (forged(), STANDING, "signature-false"),
        (shown(key=generate_private_key(SECP256R1())), STANDING, "signature-false"),
        (shown(), told((1, 1, msgspec.structs.replace(PASSKEY, algorithm="eddsa-webauthn"))), "approval-foreign"),
        (shown(), told((1, 1, msgspec.structs.replace(PASSKEY, roles=()))), "approval-foreign"),
        (shown(), ENDED, "credential-revoked"),
        (shown(), (), "credential-unknown"),
    ],
    ids=[
        *("another act", "another line", "another role", "wrong origin", "wrong relying party", "user not verified"),
        *("user not present", "forged signature", "another passkey", "EdDSA", "no role any more", "revoked"),
        "of the other party",
    ],
)
def test_an_attack_is_refused_with_its_code(approval: Approval, history: History, code: str) -> None:
    assert check_approval_at(shown(), ACT, (1, 9), STANDING) == PASSKEY
    with pytest.raises(PeerFault) as refused:
        check_approval_at(approval, ACT, (1, 9), history)
    assert refused.value.code == code


# the same on a line


def publish(side: Side, key: OfficerKey, *roles: str) -> None:
    say_of_key(side, CREDENTIAL, Credential(key.public.hex(), "ops", roles, ED25519, key.public))


def revoke(side: Side, key: OfficerKey) -> None:
    say_of_key(side, CREDENTIAL_REVOCATION, RevokedCredential(key.public.hex()))


def say_of_key(side: Side, name: str, form: Credential | RevokedCredential) -> None:
    side.control(name, fields_of(form))


def counted(side: Side) -> dict[str, int]:
    lines: list[bytes] = []
    export(side.store, side.line, START_MS, lines.append)
    report = verify_transcript(lines)
    assert report.genuine
    return dict(report.approvals)


def revoked_once() -> tuple[Pair, OfficerKey]:
    """Say one thing before a revocation and two after it."""
    pair, key = Pair(), OfficerKey.generate("X-PAK", "ops")
    pair.connect()
    publish(pair.a, key, "release")
    pair.run()
    pair.a.seal(Lane.ROUTINE, "in office", officer=key)
    pair.run()
    revoke(pair.a, key)
    pair.run()
    pair.a.seal(Lane.ROUTINE, "no more", "still not", officer=key)
    pair.run()
    return pair, key


def test_a_transcript_tells_revoked_approvals_apart_on_both_sides() -> None:
    pair, _ = revoked_once()
    for side in (pair.a, pair.b):
        assert counted(side) == {"verified": 1, "revoked": 2}
    lines: list[bytes] = []
    export(pair.b.store, pair.line, START_MS, lines.append)
    assert "Officers' approvals: 1 verified, 0 false, 0 unknown, 2 revoked." in verify_transcript(lines).summary()


def test_a_revoked_key_is_not_sealed_again_and_stays_revoked_after_a_restart() -> None:
    pair, key = revoked_once()
    for _ in range(2):
        assert pair.a.exchange.state.facts.credentials == {}
        publish(pair.a, key, "release")
        pair.run()
        assert isinstance(pair.a.answers[-1], Exception)
        assert "credential-revoked" in str(pair.a.answers[-1])
        pair.a.wake()


def test_a_credential_of_the_other_party_approves_nothing() -> None:
    """The other side publishes our officer's very key: it stays that side's word about its own officers."""
    pair, key = Pair(), OfficerKey.generate("X-PAK", "ops")
    pair.connect()
    publish(pair.b, key, "release")
    pair.run()
    pair.a.seal(Lane.ROUTINE, "signed by nobody of ours", officer=key)
    pair.run()
    assert counted(pair.a) == counted(pair.b) == {"unknown": 1}
    revoke(pair.b, key)
    publish(pair.a, key, "release")
    pair.run()
    assert counted(pair.a) == counted(pair.b) == {"verified": 1}, "and its revocation touches none of our keys"


def test_an_approval_moved_to_another_act_or_line_is_false() -> None:
    pair, key = Pair(), OfficerKey.generate("X-PAK", "ops")
    other = Pair()
    for each in (pair, other):
        each.connect()
        publish(each.a, key, "release")
        each.run()
    signed = pair.a.draft(Lane.ROUTINE, "signed", officer=key)
    moved = other.a.draft(Lane.ROUTINE, "signed")
    other.a.seal_draft(moved._replace(approvals=signed.approvals), Lane.ROUTINE)
    pair.a.seal_draft(pair.a.draft(Lane.ROUTINE, "another")._replace(approvals=signed.approvals), Lane.ROUTINE)
    for each in (pair, other):
        each.run()
        assert counted(each.a) == counted(each.b) == {"false": 1}


@settings(max_examples=8)
@given(st.permutations(LANES), st.integers(0, 3))
def test_whichever_lane_comes_first_both_sides_judge_alike(lanes: list[Lane], revoked_after: int) -> None:
    """The other side takes the lanes in any order, and a restart in between changes nothing."""
    pair, key = Pair(), OfficerKey.generate("X-PAK", "ops")
    publish(pair.a, key, "release")
    pair.run()
    for at, lane in enumerate(each for each in lanes if each is not Lane.CONTROL):
        if at == revoked_after:
            revoke(pair.a, key)
            pair.run()
        pair.a.seal(lane, "said", officer=key)
        pair.run()
    pair.connect()
    pair.run(500)
    pair.b.wake()
    pair.connect()
    pair.run(30_000)
    expected = {"verified": revoked_after, "revoked": len(LANES) - 1 - revoked_after}
    assert counted(pair.a) == counted(pair.b) == {name: count for name, count in expected.items() if count}
