"""Saying something: one POST per act of every procedure, drawn from the catalogue; tried first, or sealed at once.

An act may be sealed with the approvals this node's keys give on the asker's word, or prepared here (``check=true``),
approved elsewhere over its bytes, and sealed by its digest with those approvals.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import cache, partial
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, Literal, cast

import msgspec

from rabita.gateways.rest.cases import case_version
from rabita.gateways.rest.forms import ActBody, ApprovalBody, Checked, SealBody, Sealed
from rabita.gateways.rest.idempotency import Answered, Reserve
from rabita.gateways.rest.problems import FieldError, status_of
from rabita.gateways.rest.records import Kept
from rabita.gateways.rest.routing import At, Made, Query, Route, Variant, matches_version, read_body
from rabita.gateways.rest.shelf import Ready
from rabita.line.entry import Approval
from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import Lane, LogId, reference
from rabita.line.state import load
from rabita.line.verify import check_approval
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.held import FOREIGN_MINISTRY, SERVICE
from rabita.services import case_reads
from rabita.services.attachments import require
from rabita.services.audit import Action
from rabita.services.casework import Finding, Prepared, Signer, Wanted, Words, approve, findings, prepare
from rabita.services.policy import Matter
from rabita.services.sight import markings_of

OFFICER: Final = "officer"
MEMBERS: Final = (
    ("portion-", "portions"),
    ("disclosure-foreign", "portions"),
    ("message-too-long", "portions"),
    ("language-", "portions"),
    ("texts-", "portions"),
    ("marking-", "marking"),
    ("precedence-", "precedence"),
    ("kind-", "kind"),
    ("case-missing", "basis"),
    ("basis-", "basis"),
    ("reference-", "basis"),
    ("target-", "basis"),
    ("exercise-", "fields.exercise"),
)
"""Which member of the body a rule is about, by how its code begins; all others are about the coded fields."""


class ActQuery(Query, frozen=True):
    """``check``: only try it, and seal nothing."""

    check: bool = False


@cache
def body_of(procedure: str, act: str) -> type[ActBody]:
    """Make the form of an act's body: what every act may carry, its own coded fields, the precedences it may have."""
    rule = CATALOGUE.procedures[procedure].rules[act]
    usual = Lane.ROUTINE if Lane.ROUTINE in rule.precedences else rule.precedences[-1]
    lanes: Any = Literal[tuple(lane.value for lane in rule.precedences)]
    needed = any(field.required for field in msgspec.structs.fields(rule.fields))
    fields = ("fields", rule.fields) if needed else ("fields", rule.fields, msgspec.field(default_factory=rule.fields))
    name = "".join(part.capitalize() for part in (*procedure.split(), *act.replace("-", " ").split()))
    form: Any = msgspec.defstruct(
        name,
        [fields, ("precedence", lanes, usual.value)],
        bases=(ActBody,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    return cast("type[ActBody]", form)


def slug(name: str) -> str:
    """Write the name of a procedure or act as an address has it."""
    return name.replace(" ", "-")


def find_act(procedure: str, act: str) -> tuple[Procedure, str]:
    """Find a procedure and its act by their slugs; raises ``UserFault``: ``procedure-unknown``, ``act-unknown``."""
    found = next((each for each in CATALOGUE.procedures.values() if each.slug == procedure), None)
    if found is None:
        raise UserFault("procedure-unknown", procedure[:64])
    name = next((name for name in found.rules if slug(name) == act), None)
    if name is None:
        raise UserFault("act-unknown", act[:64])
    return found, name


async def say(at: At, query: ActQuery) -> Any:  # noqa: ANN401 - a trial's answer, or what was made
    """Try an act, or seal it."""
    wanted = _wanted(at)
    await at.services.indexed()
    if query.check:
        return await asyncio.to_thread(_try, at, wanted)

    async def carry_out(reserve: Reserve) -> Answered:
        await asyncio.to_thread(_check_match, at, wanted.basis)
        prepared = await asyncio.to_thread(_prepared, at, wanted)
        await asyncio.to_thread(_permit, at, "seal", prepared)
        return await _seal(at, prepared, at.services.signers(at.principal, prepared), reserve)

    return await _once(at, carry_out)


async def seal_prepared(at: At, _query: Query) -> Made:
    """Seal what was prepared, with approvals given elsewhere."""
    given = read_body(SealBody, at.body)
    ready = at.held.shelf.get(at.line, at.path["digest"], at.services.clock.now_ms())

    async def carry_out(reserve: Reserve) -> Answered:
        await at.services.indexed()
        await asyncio.to_thread(_check_still, at, ready)
        await asyncio.to_thread(_permit, at, "seal", ready.prepared)
        return await _seal(at, ready.prepared, [_given(each) for each in given.approvals], reserve)

    await asyncio.to_thread(_check_approvals, at, ready.prepared, given.approvals)
    return await _once(at, carry_out)


def variants() -> Iterator[Variant]:
    """List the address of every act of every procedure."""
    for procedure in CATALOGUE.procedures.values():
        for act in procedure.rules:
            yield Variant(
                f"/lines/{{line}}/procedures/{procedure.slug}/{slug(act)}",
                f"{procedure.slug}.{slug(act)}",
                f"{procedure.title}: {act}",
                body_of(procedure.name, act),
                procedure.slug,
            )


def _wanted(at: At) -> Wanted:
    procedure, act = find_act(at.path["procedure"], at.path["act"])
    body: Any = read_body(body_of(procedure.name, act), at.body)
    words = [msgspec.convert(msgspec.to_builtins(each), Words) for each in body.portions]
    return Wanted(
        line=at.line,
        procedure=procedure.name,
        act=act,
        basis=body.basis,
        fields=msgspec.to_builtins(body.fields),
        words=tuple(words),
        posts=body.posts,
        precedence=Lane(body.precedence),
        marking=body.marking,
        reply_by_ms=body.reply_by_ms,
        expires_ms=body.expires_ms,
        kind=body.kind,
        attachments=body.attachments,
    )


def _try(at: At, wanted: Wanted) -> Checked:
    _attached(at, wanted)
    found = findings(at.services.book, wanted)
    if any(each.refuses for each in found):
        return Checked(allowed=False, findings=found)
    prepared = prepare(at.services.book, wanted)
    _permit(at, "draft", prepared)
    at.held.shelf.put(wanted, prepared, at.services.clock.now_ms())
    return Checked(
        allowed=True,
        findings=prepared.flags,
        digest=prepared.digest,
        act=prepared.raw,
        sentence=prepared.sentence,
        approvals=prepared.approvals,
    )


def _prepared(at: At, wanted: Wanted) -> Prepared:
    """Prepare an act; a refusal for what the request says names the member."""
    _attached(at, wanted)
    try:
        return prepare(at.services.book, wanted)
    except UserFault as fault:
        raise named(fault) from fault


def _permit(at: At, action: str, prepared: Prepared) -> None:
    """Ask policy once more, now that it is known what the act says; raises ``UserFault("policy-refused")``."""
    act, consent = prepared.act, FOREIGN_MINISTRY in prepared.approvals
    matter = Matter(
        line=act.line, procedure=act.procedure, act=act.act, precedence=act.precedence.value, consent=consent
    )
    at.permit_marked(action, matter, markings_of(act))


def _attached(at: At, wanted: Wanted) -> None:
    """Check that the attachments named are held; raises ``FieldError("attachment-missing")``."""
    try:
        require(at.services.blobs, at.line, wanted.attachments)
    except UserFault as fault:
        raise FieldError(fault.code, "attachments", fault.detail) from fault


def named(fault: UserFault) -> UserFault:
    """Name the member of the body that a refusal is about; one for what has happened since is about none."""
    if status_of(fault) == HTTPStatus.CONFLICT:
        return fault
    member = next((member for prefix, member in MEMBERS if fault.code.startswith(prefix)), "fields")
    inside, _, rule = fault.detail.partition(": ")
    if fault.code.startswith("field-"):
        return FieldError(fault.code, f"fields.{inside}", rule or fault.sentence)
    return FieldError(fault.code, member, fault.detail or fault.sentence)


async def _once(at: At, carry_out: Callable[[Reserve], Awaitable[Answered]]) -> Made:
    key = at.headers.get("idempotency-key")
    if key is None:
        return Made(*await carry_out(_keep_nothing))
    digest = sha256(msgspec.json.encode((at.address, at.body))).digest()
    about = Kept(at.principal.id, key, digest, at.services.clock.now_ms(), at.line, b"")
    return Made(*await at.held.repeats.once(about, carry_out, partial(_sealed_before, at)))


def _keep_nothing(_act_id: bytes) -> None:
    """Reserve nothing: no key was given."""


async def _seal(at: At, prepared: Prepared, signers: Sequence[Signer], reserve: Reserve) -> Answered:
    if not suffice(prepared.approvals, signers):
        raise UserFault("approvals-lacking", ", ".join(prepared.approvals))
    draft = approve(prepared, signers)
    reserve(bytes.fromhex(prepared.act.id))
    log, index = await at.services.seal(at.line, prepared.act.precedence, draft)
    await at.services.indexed()
    return await asyncio.to_thread(_answered, at, log, index, prepared.digest, prepared.flags)


def suffice(roles: Sequence[str], signers: Sequence[Signer]) -> bool:
    """Say whether signers are enough for the roles an act needs, each by its own key."""
    if list(roles) == [SERVICE]:
        return bool(signers)
    officers = {each.public for each in signers if each.role != SERVICE}
    named = {role for role in roles if role != OFFICER}
    return len(officers) >= len(roles) and named <= {each.role for each in signers}


def _answered(at: At, log: LogId, index: int, digest: str, flags: tuple[Finding, ...] = ()) -> Answered:
    name = reference(log, index)
    try:
        case = case_reads.act(at.services.book, at.line, digest).case
    except UserFault:
        case = ""
    said = Sealed(name, digest, case, log.party, log.epoch, log.lane, index, flags)
    return Answered(HTTPStatus.CREATED, msgspec.json.encode(said), f"/lines/{at.line}/entries/{name}")


def _sealed_before(at: At, line: str, act_id: bytes) -> Answered | None:
    """Say what was answered, if it is known no more but that the act was sealed."""
    uses = [use for use in at.services.store.acts(line, act_id) if use[0].party == at.services.party]
    return _answered(at, uses[0][0], uses[0][1], uses[0][2].hex()) if uses else None


def _check_match(at: At, basis: Sequence[str]) -> None:
    """Check that the case is the one the asker read; raises ``UserFault("precondition-failed")``."""
    wanted = at.headers.get("if-match")
    if wanted is None:
        return
    view = case_reads.case(at.services.book, at.line, basis[0]) if basis else None
    if view is None or not matches_version(wanted, case_version(view)):
        raise UserFault("precondition-failed")


def _check_still(at: At, ready: Ready) -> None:
    """Check that what was prepared may still be sealed."""
    _check_match(at, ready.wanted.basis)
    for each in findings(at.services.book, ready.wanted):
        if each.refuses:
            raise UserFault(each.code, each.detail)


def _check_approvals(at: At, prepared: Prepared, approvals: Sequence[ApprovalBody]) -> None:
    """Check approvals against the credentials we published; raises ``UserFault("approval-foreign")``."""
    credentials = load(at.services.store.snapshot(at.line)).facts.credentials
    for each in approvals:
        credential = credentials.get(f"{at.services.party}/{each.key}")
        if credential is None:
            raise FieldError("approval-foreign", "approvals", each.key[:16])
        try:
            check_approval(Approval(each.role, each.key, each.signature), prepared.raw, credential)
        except PeerFault as fault:
            raise FieldError("approval-foreign", "approvals", each.key[:16]) from fault


def _given(approval: ApprovalBody) -> Signer:
    """Make a signer of a signature that was given elsewhere."""
    return Signer(approval.role, bytes.fromhex(approval.key), lambda _message: approval.signature)


SEALING: Final = (
    "case-missing",
    "wrong-state",
    "case-closed",
    "not-your-act",
    "field-missing",
    "precondition-failed",
    "idempotency-key-busy",
    "act-id-used",
    "attachment-missing",
    "store-unavailable",
)
ROUTES: Final = (
    Route(
        method="POST",
        path="/lines/{line}/procedures/{procedure}/{act}",
        name="say",
        title="Do an act of a procedure",
        action="seal",
        audit=Action.SEAL,
        trial_action="draft",
        query=ActQuery,
        body=ActBody,
        answers={200: Checked, 201: Sealed},
        run=say,
        apart=False,
        faults=SEALING,
        headers=("Idempotency-Key", "If-Match"),
        variants=variants,
        tag="acts",
    ),
    Route(
        method="POST",
        path="/lines/{line}/prepared/{digest}",
        name="sealPrepared",
        title="Seal a prepared act with approvals given elsewhere",
        action="seal",
        audit=Action.SEAL,
        body=SealBody,
        answers={201: Sealed},
        run=seal_prepared,
        apart=False,
        faults=(*SEALING, "act-unprepared"),
        headers=("Idempotency-Key", "If-Match"),
        tag="acts",
    ),
)
