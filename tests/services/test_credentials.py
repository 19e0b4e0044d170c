"""Which credentials a line is told of: by who is active, with which passkey, in which role, accredited where."""

from dataclasses import dataclass, field
from hashlib import sha256

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.approvals import Publication, revoked_at, with_publication
from rabita.line.control import Facts
from rabita.line.errors import UserFault
from rabita.line.verify import ED25519, Credential
from rabita.services.credentials import (
    Plan,
    approval_key,
    approving_roles,
    credential_of,
    next_change_ms,
    plan,
    point_of,
    standing_of,
)
from rabita.services.officers import CONSOLE, Officer, Passkey, Role, Standing, Tenure
from rabita.services.people import Known
from tests.authenticator import ORIGIN, Authenticator
from tests.services.officers_house import House

US = "X-PAK"
NOW_MS = 1_700_000_000_000
POST = "LO-ZAHEDAN"
ENROLLED = Authenticator()
BOTH = (Role.DRAFTER, Role.RELEASER)


def passkey(standing: Standing = Standing.ACTIVE, device: Authenticator = ENROLLED, name: str = "p") -> Passkey:
    return Passkey(name, "o", device.cose, 0, standing, NOW_MS, NOW_MS)


def tenure(role: Role, post: str = POST, from_ms: int = 1, until_ms: int = 0) -> Tenure:
    return Tenure(f"{role}{post}{from_ms}", "o", post, role, from_ms, until_ms, CONSOLE)


def officer(
    *tenures: Tenure, standing: Standing = Standing.ACTIVE, passkeys: tuple[Passkey, ...] = (passkey(),)
) -> Known:
    held = Officer("o", "Colonel Zarrin", "of-5", (), (), standing, NOW_MS, CONSOLE)
    return Known(held, tenures, passkeys, None)


def both(standing: Standing = Standing.ACTIVE) -> Known:
    return officer(*[tenure(role) for role in BOTH], standing=standing)


@dataclass
class Line:
    """What a line was told, and what it is to be told now."""

    facts: Facts = field(default_factory=lambda: Facts({}, {}))
    accreditation: str = "none"
    origin: str = ORIGIN
    now_ms: int = NOW_MS
    n: int = 0

    def due(self, *everyone: Known) -> Plan:
        return plan(self.facts, US, everyone, lambda _post: self.accreditation, self.origin, self.now_ms)

    def tell(self, *everyone: Known) -> Plan:
        """Tell the line what is due; after that nothing is."""
        found = self.due(*everyone)
        for key in found.revoke:
            self.say(key, None)
        for each in found.publish:
            self.say(each.key, each)
        assert self.due(*everyone) == Plan((), ())
        return found

    def say(self, key: str, credential: Credential | None, author: str = US) -> None:
        self.n += 1
        history = with_publication(self.facts.history(author, key), Publication((1, self.n), self.n, credential))
        self.facts = self.facts._replace(published={**self.facts.published, f"{author}/{key}": history})

    @property
    def roles(self) -> list[tuple[str, ...]]:
        return [each.roles for each in self.facts.credentials.values()]


def test_a_passkey_has_a_credential_for_each_post_under_a_name_of_its_own() -> None:
    line = Line()
    told = line.tell(officer(tenure(Role.RELEASER), tenure(Role.DRAFTER), tenure(Role.DRAFTER, "HOME")))
    point = point_of(ENROLLED.cose)
    assert {(each.post, each.roles, each.key) for each in told.publish} == {
        (POST, ("drafter", "releaser"), sha256(point + b"\n" + POST.encode()).hexdigest()),
        ("HOME", ("drafter",), approval_key(point, "HOME")),
    }
    assert {(each.relying_party, each.origins, each.public) for each in told.publish} == {
        ("node.example", (ORIGIN,), point)
    }


def test_roles_that_approve_nothing_are_told_nobody() -> None:
    assert approving_roles([tenure(role) for role in Role]) == {POST: ("drafter", "releaser", "foreign-ministry")}
    assert Line().tell(officer(tenure(Role.AUDITOR), tenure(Role.ADMINISTRATOR))) == Plan((), ())


@pytest.mark.parametrize("ended", [both(standing=Standing.REVOKED), officer(*both().tenures, passkeys=()), None])
def test_whoever_is_gone_for_good_is_revoked(ended: Known | None) -> None:
    """An officer revoked, a passkey no longer known, an officers' file that was lost."""
    line = Line()
    (credential,) = line.tell(both()).publish
    assert line.tell(*([ended] if ended else [])) == Plan((credential.key,), ())
    assert line.tell(both()) == Plan((), ()), "a key once revoked is not published again"


def test_a_passkey_revoked_is_revoked_and_the_new_one_is_published() -> None:
    line, other = Line(), passkey(device=Authenticator(), name="q")
    (old,) = line.tell(both()).publish
    told = line.tell(officer(*both().tenures, passkeys=(passkey(Standing.REVOKED), other)))
    assert told.revoke == (old.key,)
    assert [each.public for each in told.publish] == [point_of(other.public_key)]


def test_an_accreditation_that_ended_revokes_and_one_to_come_waits() -> None:
    line = Line(accreditation="awaited")
    assert line.tell(both()) == Plan((), ())
    line.accreditation = "in-force"
    (credential,) = line.tell(both()).publish
    line.accreditation = "over"
    line.tell(both())
    assert line.roles == [()]
    line.accreditation = "in-force"
    line.tell(both())
    assert line.roles == [("drafter", "releaser")]
    line.accreditation = "ended"
    assert line.tell(both()) == Plan((credential.key,), ())


@pytest.mark.parametrize(
    "now",
    [
        both(standing=Standing.SUSPENDED),
        officer(*both().tenures, passkeys=(passkey(Standing.SUSPENDED),)),
        officer(*[tenure(role, until_ms=NOW_MS) for role in BOTH]),
    ],
    ids=["officer suspended", "passkey suspended", "dismissed"],
)
def test_what_may_come_back_stands_for_nothing_meanwhile(now: Known) -> None:
    line = Line()
    line.tell(both())
    assert not line.tell(now).revoke
    assert line.roles == [()]
    line.tell(both())
    assert line.roles == [("drafter", "releaser")]


def test_roles_change_and_tenures_begin_and_end_by_time() -> None:
    line, known = Line(), officer(tenure(Role.DRAFTER), tenure(Role.RELEASER, from_ms=NOW_MS + 5, until_ms=NOW_MS + 9))
    line.tell(known)
    assert line.roles == [("drafter",)]
    for at_ms, roles in ((5, ("drafter", "releaser")), (9, ("drafter",))):
        assert next_change_ms([known], line.now_ms) == NOW_MS + at_ms
        line.now_ms = NOW_MS + at_ms
        line.tell(known)
        assert line.roles == [roles]
    assert next_change_ms([known], line.now_ms) == 0


def test_a_node_without_an_address_publishes_nothing_new_and_still_takes_back() -> None:
    line = Line(origin="")
    assert line.tell(both()) == Plan((), ())
    line.origin = ORIGIN
    (credential,) = line.tell(both()).publish
    line.origin = ""
    line.tell(officer(tenure(Role.DRAFTER)))
    (narrowed,) = line.facts.credentials.values()
    assert (narrowed.roles, narrowed.origins, narrowed.key) == (("drafter",), (ORIGIN,), credential.key)
    assert line.tell() == Plan((credential.key,), ())


def test_software_keys_and_the_other_side_s_credentials_are_left_alone() -> None:
    line = Line()
    line.say("k", Credential("k", "HOME", ("service",), ED25519, bytes(32)))
    line.say("k", credential_of(passkey(), POST, ("releaser",), "their.example", "https://their.example"), "X-IRN")
    assert line.due() == Plan((), ())


def test_what_stands_of_an_officer_is_listed() -> None:
    line, known = Line(), officer(*both().tenures, tenure(Role.DRAFTER, "HOME"))
    line.tell(known)
    assert [(one.id, each.post) for one, each in standing_of(line.facts, US, known)] == [("p", POST), ("p", "HOME")]
    assert standing_of(line.facts, "X-IRN", known) == ()


def test_a_passkey_of_another_kind_is_refused_and_never_published() -> None:
    raw = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    eddsa = cbor2.dumps({1: 1, 3: -8, -1: 6, -2: raw})
    for key in (eddsa, b"", ENROLLED.cose[:-1], ENROLLED.cose.replace(b"\x26", b"\x27", 1)):
        with pytest.raises(UserFault, match="passkey-refused"):
            point_of(key)
    known = officer(*both().tenures, passkeys=(Passkey("p", "o", eddsa, 0, Standing.ACTIVE, 1, 1),))
    assert Line().tell(known) == Plan((), ())


class Edwards(Authenticator):
    """An authenticator that makes an Ed25519 key although nobody asked for one."""

    @property
    def cose(self) -> bytes:
        return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: Ed25519PrivateKey.generate().public_key().public_bytes_raw()})


def test_an_eddsa_passkey_cannot_be_enrolled() -> None:
    house = House()
    code = house.first().code
    options = house.enrolment.begin(code)
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [-7]
    with pytest.raises(UserFault, match="passkey-refused"):
        house.enrol(code, Edwards())
    assert house.enrol(code).id


def test_nothing_of_the_person_is_in_what_is_told() -> None:
    line, known = Line(), both()
    for each in line.tell(known).publish:
        said = repr(each)
        assert not any(word in said for word in ("Zarrin", "Colonel", "of-5", "'o'", "'p'"))


STANDINGS: st.SearchStrategy[Standing] = st.sampled_from(Standing)
KNOWN: st.SearchStrategy[Known] = st.builds(
    lambda standing, own, roles, until_ms: officer(
        *[tenure(role, until_ms=until_ms) for role in roles], standing=standing, passkeys=(passkey(own),)
    ),
    STANDINGS,
    STANDINGS,
    st.sets(st.sampled_from(Role), min_size=1).map(sorted),
    st.sampled_from([0, NOW_MS, NOW_MS + 1]),
)
WORDS: st.SearchStrategy[str] = st.sampled_from(["none", "awaited", "in-force", "over", "ended"])


@given(st.lists(st.tuples(KNOWN, WORDS, st.booleans()), max_size=8))
def test_whatever_happens_only_who_may_approve_now_stands_with_roles(
    steps: list[tuple[Known, str, bool]],
) -> None:
    line, revoked = Line(), False
    for known, accreditation, has_origin in steps:
        line.accreditation, line.origin = accreditation, ORIGIN if has_origin else ""
        told = line.tell(known)
        revoked = revoked or bool(told.revoke)
        may = {known.officer.standing, known.passkeys[0].standing} == {Standing.ACTIVE}
        may = may and accreditation in ("none", "in-force")
        held = approving_roles([each for each in known.tenures if each.holds(NOW_MS)]).get(POST, ()) if may else ()
        assert all(roles in ((), held) for roles in line.roles)
        assert not (revoked and line.roles)
        assert not (has_origin and held and not revoked) or line.roles == [held]
        assert len([each for each in line.facts.published.values() if revoked_at(each) < (9, 9)]) == int(revoked)
