"""Release: what would leave is frozen and shown, officers approve those very bytes by passkey, and they are sealed.

Rules kept here: what is sealed is what was shown, byte for byte; any change of draft or precedence begins anew. An
approval is a passkey's assertion over the act's digest by a credential published on the line, and its counter is
counted as at sign-in. One officer is one approval, whatever keys they have, in whatever order. Policy is asked when
release begins, at every approval, and of all approvals before sealing: whoever may approve no more, counts no more. The
same request again gives the same answer. Nothing is sealed twice (``draft_room``).
"""

from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.entry import SENT, WITHHELD, Act, Approval, approval_message, decode_act, encode, portion_content
from rabita.line.errors import PeerFault, UserFault
from rabita.line.events import Draft as Sealable
from rabita.line.ids import Lane
from rabita.line.state import LineState, load
from rabita.line.verify import Credential, check_approval
from rabita.procedures.engine.held import FOREIGN_MINISTRY
from rabita.services.casework import Finding
from rabita.services.credentials import APPROVES, approving_roles, standing_of
from rabita.services.draft_room import About, Room, newest
from rabita.services.drafting import Drafting
from rabita.services.drafts import (
    FLASH_APPROVED,
    MOVES,
    WRITABLE,
    Did,
    Draft,
    DraftRows,
    Frozen,
    Noted,
    State,
    at_version,
    find,
    moved,
    note_step,
    thaw,
)
from rabita.services.officers import Officer, OfficerRows, OfficerStore, Passkey, Role, Session, Standing, Tenure, Who
from rabita.services.passkeys import Passkeys
from rabita.services.people import Known
from rabita.services.sign_in import counted

RELEASER: Final = APPROVES[Role.RELEASER]
KEEP_MS: Final = 86_400_000
"""What was frozen is used as long as it may still be sealed for this long."""
RELEASED: Final = "released"
WAITING: Final = "waiting"
_NONE: Final = Credential("", "", (), "", b"")
"""Verifies nothing."""
_COUNT: Final = slice(33, 37)
"""Where an authenticator says its signature counter (WebAuthn level 3, 6.1)."""


class Leaf(msgspec.Struct, frozen=True):
    """A portion as it would leave, or stay."""

    role: str
    text: str
    marking: str
    language: str


class Given(msgspec.Struct, frozen=True):
    """An approval that was given: by whom, as which post, in which role."""

    by: str
    post: str
    role: str
    given_ms: int


class Begun(msgspec.Struct, frozen=True, rename={"public_key": "publicKey"}):
    """What would be sealed, whole, and what a browser needs to have a passkey sign it.

    ``act`` is everything coded that leaves; ``leaves`` and ``stays`` are its portions. All of it is read from the bytes
    that ``digest`` (SHA-256) names.
    """

    digest: str
    sentence: str
    act: Act
    leaves: tuple[Leaf, ...]
    stays: tuple[Leaf, ...]
    flags: tuple[Finding, ...]
    approvals_needed: tuple[str, ...]
    approvals_given: tuple[Given, ...]
    public_key: dict[str, Any]


class Outcome(msgspec.Struct, frozen=True):
    """What became of an approval: ``released`` under a ``reference``, or ``waiting`` for others."""

    state: str
    draft: str
    line: str
    digest: str
    reference: str
    approvals_needed: tuple[str, ...]
    approvals_given: tuple[Given, ...]


class Signs(NamedTuple):
    """A way in which an officer may approve: the role, the post it is held at, the published credential."""

    role: str
    post: str
    passkey: str
    credential: Credential


class Release:
    """Releases drafts. *who* is the officer signed in. Any thread may call but the node's own.

    *seal* seals an act and returns once it is durable.
    """

    def __init__(
        self,
        room: Room,
        drafting: Drafting,
        officers: OfficerStore,
        passkeys: Passkeys,
        seal: Callable[[str, Lane, Sealable], object],
    ) -> None:
        """Begin."""
        self._room = room
        self._drafting = drafting
        self._officers = officers
        self._passkeys = passkeys
        self._seal = seal

    def begin(self, who: Who, draft_id: str, version: int, precedence: Lane) -> Begun:
        """Freeze what would be sealed, unless it is, and show it.

        Raises ``UserFault``: as ``Drafting.submit``, ``approval-key-missing``.
        """
        with self._room.store.transaction() as rows:
            draft = at_version(self._room.still(rows, draft_id), version)
            said = newest(rows, draft)
            about = self._room.about(rows, draft, said, precedence)
            self._check_state(draft, precedence, who)
            signs = self._allowed(about, who)
            prepared = self._drafting.check(draft, said, precedence)
            frozen = self._frozen(rows, draft, precedence)
            if frozen is None:
                thaw(rows, draft.id)
                frozen = Frozen(
                    *(draft.id, draft.id, version, precedence, prepared.digest, prepared.raw),
                    *(prepared.sent, prepared.withheld, prepared.approvals, prepared.sentence, self._now_ms()),
                )
                rows.put(frozen)
            noted = rows.of(Noted, draft.id)
        chosen = _chosen(signs, frozen, noted)
        leaves, stays = self._portions(draft, frozen)
        options = self._passkeys.request(sha256(approval_message(chosen.role, frozen.act)).digest())
        return Begun(
            *(frozen.digest, frozen.sentence, decode_act(frozen.act), leaves, stays, prepared.flags, frozen.needed),
            *(_given(noted), options),
        )

    def release(self, who: Who, draft_id: str, digest: str, answer: Mapping[str, Any]) -> Outcome:
        """Approve what was shown, and seal it once all have approved who must.

        Raises ``UserFault``: as ``begin``; ``draft-changed`` where that is frozen no more; ``passkey-refused``,
        ``passkey-ended``, ``passkey-cloned``; and as sealing does, all approvals kept.
        """
        ready = False
        try:
            with self._room.store.transaction() as rows:
                draft = self._room.still(rows, draft_id)
                if draft.state is State.RELEASED and draft.digest == digest:
                    return _outcome(draft, digest, (), ())
                frozen, about = self._as_shown(rows, draft, digest)
                self._check_state(draft, frozen.precedence, who)
                draft = self._approve(rows, draft, frozen, about, who, answer)
                noted = self._still_good(rows, draft, frozen, about)
                ready = _suffices(frozen, noted, about.matter.post)
                if ready:
                    self._room.sealing.add(draft_id)
            if ready:
                self._seal(draft.line, frozen.precedence, _sealable(frozen, noted))
        finally:
            if ready:
                self._room.sealing.discard(draft_id)
        if ready:
            self._room.settle(draft_id)
            with self._room.store.reading() as rows:
                draft = find(rows, draft_id)
        return _outcome(draft, digest, frozen.needed, noted)

    def _as_shown(self, rows: DraftRows, draft: Draft, digest: str) -> tuple[Frozen, About]:
        """Give what was frozen under this digest, which must be sealable still."""
        frozen = next(iter(rows.of(Frozen, draft.id)), None)
        if frozen is None or (frozen.digest, frozen.version) != (digest, draft.version):
            raise UserFault("draft-changed", draft.id)
        said = newest(rows, draft)
        self._drafting.check(draft, said, frozen.precedence)
        return frozen, self._room.about(rows, draft, said, frozen.precedence)

    def _frozen(self, rows: DraftRows, draft: Draft, precedence: Lane) -> Frozen | None:
        """Give what is frozen of this version at this precedence, if it may be sealed for long enough."""
        for frozen in rows.of(Frozen, draft.id):
            lasts_ms = decode_act(frozen.act).seal_before_ms - self._now_ms()
            if (frozen.version, frozen.precedence) == (draft.version, precedence) and lasts_ms > KEEP_MS:
                return frozen
        return None

    def _check_state(self, draft: Draft, precedence: Lane, who: Who) -> None:
        """Let through what was reviewed; at FLASH also what was submitted, or what the officer wrote."""
        early = precedence is Lane.FLASH and (draft.state not in WRITABLE or who.officer.id in draft.writers)
        moved(draft, FLASH_APPROVED if early else MOVES[Did.APPROVE], self._now_ms())

    def _allowed(self, about: About, who: Who) -> list[Signs]:
        """List the ways in which the officer may approve this, those as the post it is said as first."""
        matter = about.matter
        desk = matter.consent and Role.FOREIGN_MINISTRY_DESK in who.roles
        roles = (*((FOREIGN_MINISTRY,) if desk else ()), RELEASER)
        actions = {role: about.releases(who.officer.id, role) for role in roles}
        allowed = about.require(who, *actions.values())
        found = [each for each in self._signs(who, matter.line) if actions.get(each.role) in allowed]
        if matter.post and not matter.consent:
            found = [each for each in found if each.post == matter.post]
        if not found:
            raise UserFault("approval-key-missing", matter.post)
        return sorted(found, key=lambda each: each.post != matter.post)

    def _signs(self, who: Who, line: str) -> Iterator[Signs]:
        """List the approval keys published of an officer, in the roles held now."""
        state, held = self._line(line), approving_roles(who.tenures)
        with self._officers.reading() as people:
            passkeys = people.of(Passkey, who.officer.id)
        known = Known(who.officer, who.tenures, passkeys, None)
        for passkey, credential in standing_of(state.facts, state.us, known):
            for role in (FOREIGN_MINISTRY, RELEASER) if passkey.standing is Standing.ACTIVE else ():
                if role in held.get(credential.post, ()) and role in credential.roles:
                    yield Signs(role, credential.post, passkey.id, credential)

    def _line(self, line: str) -> LineState:
        return load(self._room.book.store.snapshot(line))

    def _approve(
        self, rows: DraftRows, draft: Draft, frozen: Frozen, about: About, who: Who, answer: Mapping[str, Any]
    ) -> Draft:
        """Check and note an approval; one that is noted already is the same request again."""
        signs = self._allowed(about, who)
        passkey, shown = _read_answer(answer)
        noted = next((each for each in rows.of(Noted, draft.id) if each.by == who.officer.id), None)
        if noted is not None and _approval(noted).signature == shown.signature:
            return draft
        ways = [each for each in signs if each.passkey == passkey]
        found = next(filter(None, [_signed(each, shown, frozen.act) for each in ways]), None)
        if found is None:
            raise UserFault("passkey-refused")
        way, approval = found
        with self._officers.transaction() as people:
            count = int.from_bytes(approval.authenticator_data[_COUNT], "big")
            once = sha256(approval.signature).digest()
            _, fault = counted(people, passkey, count, self._now_ms(), once)
        if fault:
            raise UserFault(fault)
        now_ms = self._now_ms()
        ago_ms = max(0, now_ms - who.session.authenticated_ms)
        about_whom = (f"{draft.id}.{who.officer.id}", draft.id, who.officer.id, passkey, who.session.id)
        rows.put(Noted(*about_whom, way.post, way.role, encode(approval), now_ms, ago_ms))
        draft = msgspec.structs.replace(draft, changed_ms=now_ms)
        return note_step(rows, draft, Did.APPROVE, who.officer.id, digest=frozen.digest)

    def _still_good(self, rows: DraftRows, draft: Draft, frozen: Frozen, about: About) -> tuple[Noted, ...]:
        """Forget the approvals of those who may give them no more; gives the others."""
        state, now_ms = self._line(draft.line), self._now_ms()
        good = []
        with self._officers.reading() as people:
            for noted in rows.of(Noted, draft.id):
                who, approval = _who(people, noted, now_ms), _approval(noted)
                way = Signs(
                    noted.role,
                    noted.post,
                    noted.passkey,
                    state.facts.credentials.get(f"{state.us}/{approval.key}", _NONE),
                )
                action = about.releases(noted.by, noted.role)
                if who is not None and _signed(way, approval, frozen.act) and _may(about, who, action, noted):
                    good.append(noted)
                else:
                    rows.drop(Noted, noted.id)
        return tuple(good)

    def _portions(self, draft: Draft, frozen: Frozen) -> tuple[tuple[Leaf, ...], tuple[Leaf, ...]]:
        """Read what leaves and what stays from the bytes themselves."""
        act, rule = decode_act(frozen.act), self._room.book.procedure(draft.procedure).rules[draft.act]
        first = rule.portions[0].role if rule.portions else ""
        roles = [*act.fields.get("roles", ()), *[first] * len(act.portions)]
        raws = {SENT: iter(frozen.sent), WITHHELD: iter(frozen.withheld)}
        found: dict[str, list[Leaf]] = {SENT: [], WITHHELD: []}
        for role, ref in zip(roles, act.portions, strict=False):
            text = portion_content(next(raws[ref.state])).decode()
            found[ref.state].append(Leaf(role, text, ref.marking, ref.language))
        return tuple(found[SENT]), tuple(found[WITHHELD])

    def _now_ms(self) -> int:
        return self._room.book.clock.now_ms()


def _read_answer(answer: Mapping[str, Any]) -> tuple[str, Approval]:
    """Read which passkey answered, and what it signed; raises ``UserFault("passkey-refused")``."""
    try:
        said = answer["response"]
        parts = [_unpacked(said[name]) for name in ("signature", "authenticatorData", "clientDataJSON")]
        return str(answer["id"]), Approval("", "", *parts)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserFault("passkey-refused") from None


def _unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signed(way: Signs, shown: Approval, act: bytes) -> tuple[Signs, Approval] | None:
    """Give the approval if it is one in this way."""
    approval = msgspec.structs.replace(shown, role=way.role, key=way.credential.key)
    try:
        check_approval(approval, act, way.credential)
    except PeerFault:
        return None
    return way, approval


def _chosen(signs: Sequence[Signs], frozen: Frozen, noted: Sequence[Noted]) -> Signs:
    """Choose in which way an officer of several approves: in the role that is still lacking."""
    lacking = FOREIGN_MINISTRY in frozen.needed and all(each.role != FOREIGN_MINISTRY for each in noted)
    wanted = FOREIGN_MINISTRY if lacking else RELEASER
    return next((each for each in signs if each.role == wanted), signs[0])


def _suffices(frozen: Frozen, noted: Sequence[Noted], post: str) -> bool:
    """Say whether approvals are enough, each of another officer: in number, in the offices named, as the post."""
    named = {FOREIGN_MINISTRY} & set(frozen.needed)
    spoken = not post or any(each.post == post for each in noted)
    return len(noted) >= len(frozen.needed) and named <= {each.role for each in noted} and spoken


def _sealable(frozen: Frozen, noted: Sequence[Noted]) -> Sealable:
    return Sealable(frozen.act, encode([_approval(each) for each in noted]), frozen.sent, frozen.withheld)


def _approval(noted: Noted) -> Approval:
    return msgspec.json.decode(noted.approval, type=Approval)


def _who(people: OfficerRows, noted: Noted, now_ms: int) -> Who | None:
    """Say who gave an approval, as they stand now; None where officer or passkey stand no more, or the post is lost."""
    officer, passkey = people.get(Officer, noted.by), people.get(Passkey, noted.passkey)
    session = people.get(Session, noted.session)
    if officer is None or passkey is None or session is None:
        return None
    held = tuple([each for each in people.of(Tenure, officer.id) if each.holds(now_ms)])
    as_given = any((each.post, APPROVES.get(each.role)) == (noted.post, noted.role) for each in held)
    stands = {officer.standing, passkey.standing} == {Standing.ACTIVE}
    return Who(officer, held, session) if stands and as_given else None


def _may(about: About, who: Who, action: str, noted: Noted) -> bool:
    return about.decide(who, action, noted.authenticated_ago_ms).allowed


def _given(noted: Sequence[Noted]) -> tuple[Given, ...]:
    return tuple([Given(each.by, each.post, each.role, each.given_ms) for each in noted])


def _outcome(draft: Draft, digest: str, needed: tuple[str, ...], noted: Sequence[Noted]) -> Outcome:
    state = RELEASED if draft.state is State.RELEASED else WAITING
    return Outcome(state, draft.id, draft.line, digest, draft.reference, needed, _given(noted))
