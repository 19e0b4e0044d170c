"""Acts written for sealing, checked against everything their procedure asks before anything leaves this node.

One use case: *prepare* an act (or only look at its findings), have it approved, and hand the draft to the node to be
sealed. A refusal is a ``UserFault`` whose detail names the field and the rule; what a rule only remarks on is a flag.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.charter import Charter
from rabita.line.entry import (
    NO_APPROVALS,
    SENT,
    WITHHELD,
    Act,
    Approval,
    PortionRef,
    approval_message,
    encode,
    new_act_id,
    portion,
)
from rabita.line.errors import SENTENCES, PeerFault, UserFault
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.line.limits import PORTION_SALT_BYTES
from rabita.ports.index import ActRow, CaseRow
from rabita.procedures.engine.check import check
from rabita.procedures.engine.coded import Coded, Place
from rabita.procedures.engine.definition import Correction, Procedure, Rule
from rabita.procedures.engine.fold import Case, Folded, Status
from rabita.procedures.engine.held import FOREIGN_MINISTRY, SERVICE, Held
from rabita.procedures.engine.judge import read_fields
from rabita.procedures.engine.say import ENGLISH, Reader, say_act
from rabita.procedures.marking import Marking, parse_marking
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.territory import ALLOWED
from rabita.services import casebook
from rabita.services.casebook import Casebook, act_row, suspended
from rabita.services.caseindex_fold import parts, spread_of
from rabita.services.disclosing import withheld_bytes
from rabita.services.duty_directory import directory_of

SEAL_WITHIN_MS: Final = 7 * 86_400_000
"""How long after it is written an act may be sealed, so that what a broken disk loses can be sealed anew."""
OTHER_CASES_MAX: Final = 200
OFFICER: Final = "officer"
"""As a role an act needs: any but the node's own."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A portion to be: its text (or bytes), what it is, its marking and language, and whether it is held back.

    ``discloses`` is the SHA-256 (hex) of a portion that an act of ours in the basis withheld, and that is sent now.
    """

    text: str = ""
    role: str = ""
    marking: str = ""
    language: str = ""
    withheld: bool = False
    media: str = "text/plain"
    content: bytes = b""
    discloses: str = ""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act as an officer wants it. ``basis`` names acts by reference or digest, first the one it answers.

    An empty ``marking`` of a portion is the act's; an empty ``role`` the first its rule has; an empty ``kind`` is
    *exercise* on an exercise line and *operation* elsewhere.
    """

    line: str
    procedure: str
    act: str
    basis: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    words: tuple[Words, ...] = ()
    posts: tuple[str, ...] = ()
    precedence: Lane = Lane.ROUTINE
    marking: str = ""
    reply_by_ms: int = 0
    expires_ms: int = 0
    kind: str = ""
    attachments: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """What a rule found: its code and sentence, the field or place, and whether sealing is refused for it."""

    code: str
    sentence: str
    detail: str = ""
    refuses: bool = True


DISCLOSES: Final = Finding("portion-disclosed", SENTENCES["portion-disclosed"], refuses=False)
"""Remarked on every portion that shows what was withheld before."""


class Prepared(msgspec.Struct, frozen=True):
    """An act ready to be approved: its bytes, what of its words is sent and withheld, and what rules remark on.

    ``approvals`` lists the roles that must approve it: ``service``, ``officer`` (any other), ``foreign-ministry``.
    """

    line: str
    act: Act
    raw: bytes
    digest: str
    sent: tuple[bytes, ...]
    withheld: tuple[bytes, ...]
    flags: tuple[Finding, ...]
    sentence: str
    approvals: tuple[str, ...]


class Signer(NamedTuple):
    """Who approves: in which role, with which public key, and what signs for it."""

    role: str
    public: bytes
    sign: Callable[[bytes], bytes]


def prepare(book: Casebook, wanted: Wanted, reader: Reader = ENGLISH) -> Prepared:
    """Write an act and check it whole; raises ``UserFault`` by the first rule that refuses it."""
    draft = _write(book, wanted)
    draft.check()
    found = draft.findings()
    for each in found:
        if each.refuses:
            raise UserFault(each.code, each.detail[:200])
    raw = encode(draft.act)
    consent, service = draft.rule.consent, draft.rule.service
    roles = (FOREIGN_MINISTRY, OFFICER, OFFICER) if consent else (SERVICE,) if service else (OFFICER,)
    sentence = draft.sentence(raw, reader)
    digest = sha256(raw).hexdigest()
    return Prepared(wanted.line, draft.act, raw, digest, draft.sent, draft.withheld, found, sentence, roles)


def findings(book: Casebook, wanted: Wanted) -> tuple[Finding, ...]:
    """Give everything that stands against an act, and all remarks: for a form that shows them at once.

    Raises ``UserFault`` where it cannot even be written: ``line-unknown``, ``procedure-unknown``, ``act-unknown``,
    and those of ``act_row`` for its basis.
    """
    draft = _write(book, wanted)
    try:
        draft.check()
    except UserFault as fault:
        return (Finding(fault.code, fault.sentence, fault.detail), *draft.findings())
    return draft.findings()


def approve(prepared: Prepared, signers: Sequence[Signer]) -> Draft:
    """Have an act approved, and give what is sealed: the one seam between writing and release."""
    approvals = [
        Approval(each.role, each.public.hex(), each.sign(approval_message(each.role, prepared.raw))) for each in signers
    ]
    return Draft(prepared.raw, encode(approvals) if approvals else NO_APPROVALS, prepared.sent, prepared.withheld)


@dataclass(frozen=True, slots=True)
class _Drafted:
    """An act as written, with what its rules look at."""

    book: Casebook
    procedure: Procedure
    rule: Rule
    charter: Charter
    case: casebook.Folded | None
    act: Act
    words: tuple[Words, ...]
    sent: tuple[bytes, ...]
    withheld: tuple[bytes, ...]

    def check(self) -> None:
        """Check it against its definition and the state of its case; raises ``UserFault``."""
        check(
            self.procedure,
            self.charter,
            self.case.case if self.case else None,
            self.act,
            [each.text for each in self.words if not each.withheld],
            suspended=suspended(self.book, self.act.line, self.procedure.name),
        )

    def findings(self) -> tuple[Finding, ...]:
        """Give what the rules beyond the definition find; none where its fields cannot be read."""
        fields = read_fields(self.rule, self.act.fields)
        if not isinstance(fields, Coded):
            return ()
        spoken = [(each.text, each.marking or self.act.marking) for each in self.words]
        told = [text if not each.withheld else None for (text, _), each in zip(spoken, self.words, strict=True)]
        now_ms = self.book.clock.now_ms()
        shown = tuple([DISCLOSES for each in self.words if each.discloses and not each.withheld])
        return (*shown, *rule_remarks(self.book, self.procedure, self.charter, self.case, self.act, told, now_ms))

    def sentence(self, raw: bytes, reader: Reader) -> str:
        """Say it."""
        opener = self.case.case.opener if self.case else self.act.author
        other = next(each.party for each in self.charter.parties if each.party != opener)
        case = Case(self.procedure.name, "", opener, other, "", computed=True, acts=(), joint=())
        return say_act(self.procedure, case, _unfolded(self.act, raw, self.rule), reader)


def rule_remarks(
    book: Casebook,
    procedure: Procedure,
    charter: Charter,
    case: casebook.Folded | None,
    act: Act,
    told: Sequence[str | None],
    now_ms: int,
) -> tuple[Finding, ...]:
    """Give what the rules of markings and of the procedure find in an act; *told* are its texts, None where unknown."""
    from rabita.procedures.rulebook import rule_findings  # noqa: PLC0415 - loads the geometry library

    rule = procedure.rules.get(act.act)
    fields = read_fields(rule, act.fields) if rule is not None else None
    if rule is None or not isinstance(fields, Coded):
        return ()
    roles = _roles(rule, fields, len(act.portions))
    texts: dict[str, tuple[str, ...]] = {}
    for role, text in zip(roles, told, strict=False):
        texts[role] = (*texts.get(role, ()), *([text] if text is not None else []))
    facts = RuleFacts(
        act=act,
        fields=fields,
        charter=charter,
        now_ms=now_ms,
        case=case.case if case else None,
        other_cases=_other_cases(book, procedure, case, act, fields),
        edition=book.edition(charter) if _names_a_place(fields, case) else None,
        directory=directory_of(book.store, act.line, agreed=True),
        texts=texts,
        markings=_markings(charter, act, roles),
        receipts=case.receipts if case else {},
    )
    return tuple([finding(each) for each in rule_findings(procedure, facts)])


def finding(found: RuleFinding) -> Finding:
    """Put a rule's finding as people see it."""
    sentence = SENTENCES.get(found.code) or ALLOWED.get(found.code, found.code)
    return Finding(found.code, sentence, found.detail, found.refuses)


def _write(book: Casebook, wanted: Wanted) -> _Drafted:
    """Write the act, its portions under fresh salts but for those disclosed, which keep theirs."""
    record, procedure, charter = book.record(wanted.line), book.procedure(wanted.procedure), book.charter(wanted.line)
    rule = procedure.rules.get(wanted.act)
    if rule is None:
        raise UserFault("act-unknown", wanted.act[:64])
    basis = [act_row(book, wanted.line, each) for each in wanted.basis]
    home = next((row for row in basis if row.case and row.procedure == procedure.name), None)
    case_row = book.index.case(wanted.line, home.case) if home is not None and not rule.opens else None
    raws = [_portion(book, basis, each) for each in wanted.words]
    act = Act(
        line=wanted.line,
        author=record.us,
        precedence=wanted.precedence,
        id=new_act_id(book.clock.now_ms(), secrets.token_bytes(10)),
        seal_before_ms=book.clock.now_ms() + SEAL_WITHIN_MS,
        kind=wanted.kind or ("exercise" if charter.exercise else "operation"),
        procedure=procedure.name,
        act=wanted.act,
        basis=tuple([row.digest.hex() for row in basis]),
        posts=wanted.posts,
        marking=wanted.marking,
        reply_by_ms=wanted.reply_by_ms,
        expires_ms=wanted.expires_ms,
        fields=_with_roles(rule, wanted),
        portions=tuple([_ref(wanted, each, raw) for each, raw in zip(wanted.words, raws, strict=True)]),
        attachments=wanted.attachments,
    )
    case = casebook.folded(book, case_row) if case_row is not None else None
    terms = case.charter if case is not None and case.charter is not None else charter
    by_state = list(zip(wanted.words, raws, strict=True))
    sent = tuple([raw for each, raw in by_state if not each.withheld])
    withheld = tuple([raw for each, raw in by_state if each.withheld])
    return _Drafted(book, procedure, rule, terms, case, act, wanted.words, sent, withheld)


def _portion(book: Casebook, basis: Sequence[ActRow], words: Words) -> bytes:
    content = words.content or words.text.encode()
    if words.discloses and not words.withheld:
        return withheld_bytes(book, basis, words.discloses, content)
    return portion(secrets.token_bytes(PORTION_SALT_BYTES), content)


def _ref(wanted: Wanted, words: Words, raw: bytes) -> PortionRef:
    state = WITHHELD if words.withheld else SENT
    return PortionRef(sha256(raw).hexdigest(), state, words.marking or wanted.marking, words.media, words.language)


def _with_roles(rule: Rule, wanted: Wanted) -> dict[str, Any]:
    """Name what each portion is, unless all are what the rule's first portion is."""
    first = rule.portions[0].role if rule.portions else ""
    roles = [each.role or first for each in wanted.words]
    return {**wanted.fields, "roles": roles} if any(role != first for role in roles) else dict(wanted.fields)


def _roles(rule: Rule, fields: Coded, count: int) -> list[str]:
    first = rule.portions[0].role if rule.portions else ""
    return [*fields.roles, *[first] * count][:count]


def _markings(charter: Charter, act: Act, roles: Sequence[str]) -> Mapping[str, tuple[Marking, ...]]:
    """Read the markings of an act (under ``""``) and of its portions by role, but for those that cannot be read."""
    found: dict[str, tuple[Marking, ...]] = {}
    for role, text in [("", act.marking), *zip(roles, [ref.marking for ref in act.portions], strict=True)]:
        try:
            found[role] = (*found.get(role, ()), parse_marking(text, tuple(charter.classification)))
        except PeerFault:
            continue
    return found


def _names_a_place(fields: Coded, case: casebook.Folded | None) -> bool:
    """Say whether a map edition is needed to judge an act."""
    said = [each.corrected or each.fields for each in case.case.acts] if case else []
    return any(isinstance(each, Place) for some in (fields, *said) if some is not None for each in parts(some))


def _other_cases(
    book: Casebook, procedure: Procedure, case: casebook.Folded | None, act: Act, fields: Coded
) -> tuple[Case, ...]:
    """Fold the open cases that the rules compare an act with, and those that it or its own case names.

    At most ``OTHER_CASES_MAX`` are compared, the newest.
    """
    acts = [each.held.act for each in case.case.acts] if case else []
    basis = dict.fromkeys([each for some in (act, *acts) for each in some.basis])
    named = [row.case for row in book.index.mains_of(act.line, [bytes.fromhex(each) for each in basis]) if row.case]
    others = {row.id: row for row in (*_compared(book, procedure, act, fields), *book.index.cases_of(named))}
    if case is not None:
        others.pop(case.row.id, None)
    return tuple([each.case for each in casebook.all_folded(book, act.line, list(others.values()))])


def _compared(book: Casebook, procedure: Procedure, act: Act, fields: Coded) -> Sequence[CaseRow]:
    from rabita.procedures.rulebook import LOOKS_AROUND, LOOKS_AT_OPEN  # noqa: PLC0415 - loads the geometry library

    around_it = procedure.name in LOOKS_AROUND
    if procedure.name in LOOKS_AT_OPEN or (around_it and isinstance(fields, Correction)):
        return book.index.cases(act.line, procedure.name, "", 0, OTHER_CASES_MAX, open_only=True)
    if not around_it or not any(True for _ in parts(fields)):
        return ()
    around = book.index.rows(book.index.spread((procedure.name,), spread_of(fields), 0, OTHER_CASES_MAX))
    found = book.index.cases_of(list(dict.fromkeys([row.case for row in around if row.line == act.line and row.case])))
    return [each for each in found if not each.closed]


def _unfolded(act: Act, raw: bytes, rule: Rule) -> Folded:
    """Give an act as the engine shows one, before it has a place."""
    held = Held(sha256(raw).hexdigest(), act.author, 1, 0, act.precedence, 0, 1, (0, 0, 0, 0, 0), 1, act)
    fields = read_fields(rule, act.fields)
    coded = fields if isinstance(fields, Coded) else None
    return Folded(held, 0, Status.EFFECTIVE, "", "", "", coded, coded)
