"""Check an act against its procedure: before sealing it is refused, at receipt the same findings are flags (E17).

Content findings (fields, portions, precedence, words) never depend on a state; case findings do.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rabita.line.charter import Charter
from rabita.line.entry import KINDS, SENT, Act
from rabita.line.errors import UserFault
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import ANY, CORRECT, NEW, WITHDRAW, Correction, Portion, Procedure, Rule
from rabita.procedures.engine.fold import Case, Folded, may_act
from rabita.procedures.engine.held import Approved
from rabita.procedures.engine.joint import Judged
from rabita.procedures.engine.judge import UNKNOWN, FieldFault, corrected_fields, is_approved, is_open, read_fields
from rabita.procedures.words import count_words


class Finding(NamedTuple):
    """Something a rule does not allow: the code of the rule and where it was broken."""

    code: str
    detail: str


def check(
    procedure: Procedure,
    charter: Charter,
    case: Case | None,
    act: Act,
    texts: Sequence[str] = (),
    *,
    approvals: Sequence[Approved] | None = None,
    suspended: bool = False,
) -> None:
    """Check an act that is to be sealed, in the case as it stands now (None: it opens one).

    *texts* are its sent text portions; *approvals* the verified ones, None while it is a draft and has none yet;
    *suspended* says whether a suspension of the procedure is in force. Raises ``UserFault`` by the first finding.
    """
    for finding in _findings(procedure, charter, case, act, texts, approvals=approvals, suspended=suspended):
        raise UserFault(finding.code, finding.detail[:200])


def flags(procedure: Procedure, charter: Charter, act: Act, texts: Sequence[str] = ()) -> list[Finding]:
    """Give what is to be flagged on an act received, apart from its standing in the case, which the fold gives."""
    rule = procedure.rules.get(act.act)
    return [Finding("act-unknown", act.act[:64])] if rule is None else list(_content(rule, charter, act, texts))


def allowed(procedure: Procedure, case: Case | None, author: str) -> list[str]:
    """List the acts a side may do now, in the definition's order: the buttons of the desk (corrections left out)."""
    state = case.state if case is not None else NEW
    opener = case.opener if case is not None else author
    return [
        name
        for name, rule in procedure.acts.items()
        if state in rule.moves and may_act(rule.who, by_opener=author == opener, answers_other=True)
    ]


def _findings(
    procedure: Procedure,
    charter: Charter,
    case: Case | None,
    act: Act,
    texts: Sequence[str],
    *,
    approvals: Sequence[Approved] | None,
    suspended: bool,
) -> Iterator[Finding]:
    rule = procedure.rules.get(act.act)
    if rule is None:
        yield Finding("act-unknown", act.act[:64])
    else:
        yield from _standing(procedure, rule, case, act)
        if suspended and not is_open(procedure, rule, act.precedence):
            yield Finding("procedure-suspended", procedure.name)
        yield from _content(rule, charter, act, texts)
        if approvals is not None and not is_approved(rule, approvals):
            yield Finding("role-missing", "consent act" if rule.consent else act.act)


def _standing(procedure: Procedure, rule: Rule, case: Case | None, act: Act) -> Iterator[Finding]:
    """Find what the state of the case does not allow."""
    state = case.state if case is not None else NEW
    members = {each.held.digest: each for each in case.acts} if case is not None else {}
    target = next((members[digest] for digest in act.basis if digest in members), None)
    if (case is None and not rule.opens) or (case is not None and target is None):
        yield Finding("case-missing", "basis")
    elif state not in rule.moves:
        yield Finding("case-closed" if state in procedure.ends else "wrong-state", state)
    elif not may_act(
        rule.who,
        by_opener=case is None or act.author == case.opener,
        answers_other=target is not None and target.held.author != act.author,
    ):
        yield Finding("not-your-act", rule.who.value)
    elif act.act in (CORRECT, WITHDRAW) and target is not None:
        yield from _retraction(procedure, rule, act, target, case)


def _retraction(procedure: Procedure, rule: Rule, act: Act, target: Folded, case: Case | None) -> Iterator[Finding]:
    """Find what stands against correcting or withdrawing *target*."""
    kept = {digest for each in (case.joint if case else ()) if each.stands for digest in (*each.by, each.digest)}
    if target.held.author != act.author:
        yield Finding("target-not-own", "basis")
    elif target.held.digest in kept:
        yield Finding("joint-result-stands", "basis")
    elif isinstance(fields := read_fields(rule, act.fields), Correction):
        of = Judged(
            target.held, procedure.rules.get(target.act, UNKNOWN), target.fields, "", "", approved=True, target=""
        )
        if corrected_fields(of, fields) is None:
            found = read_fields(of.rule, fields.fields)
            inside = f".{found.detail}" if isinstance(found, FieldFault) and not of.rule.signs else ""
            yield Finding("correction-unfit", f"fields{inside}")


def _content(rule: Rule, charter: Charter, act: Act, texts: Sequence[str]) -> Iterator[Finding]:
    """Find what the act's own content does not allow, whatever the state."""
    fields = read_fields(rule, act.fields)
    if isinstance(fields, FieldFault):
        yield Finding(fields.code, fields.detail)
    else:
        if fields.exercise is not None and not charter.exercise:
            yield Finding("exercise-fields", "exercise")
        yield from _portions(rule, act, fields)
    if act.kind not in KINDS:
        yield Finding("kind-unknown", act.kind[:64])
    if act.precedence not in rule.precedences:
        yield Finding("precedence-not-allowed", act.precedence.value)
    words_max = charter.terms(act.precedence).words_max
    words = sum([count_words(text) for text in texts])
    if 0 < words_max < words:
        yield Finding("message-too-long", f"{words} of {words_max}")


def _portions(rule: Rule, act: Act, fields: Coded) -> Iterator[Finding]:
    """Find portions of a role, marking or withholding that the rule does not allow, and those it lacks.

    A portion beyond those that ``roles`` names is of the rule's first role.
    """
    known = {portion.role: portion for portion in rule.portions}
    first = rule.portions[0] if rule.portions else Portion("")
    roles = [*fields.roles, *[first.role] * (len(act.portions) - len(fields.roles))]
    if len(fields.roles) > len(act.portions):
        yield Finding("portion-lacking", fields.roles[len(act.portions)])
    for role, ref in zip(roles, act.portions, strict=False):
        portion = known.get(role) or known.get(ANY)
        if portion is None:
            yield Finding("portion-not-allowed", f"role {role}".strip())
        elif ref.state != SENT and not portion.may_withhold:
            yield Finding("portion-not-allowed", f"{role}: never withheld")
        elif portion.markings and ref.marking not in portion.markings:
            yield Finding("portion-not-allowed", f"{role}: marking")
    for portion in rule.portions:
        if portion.required and portion.role not in roles:
            yield Finding("portion-lacking", portion.role)
