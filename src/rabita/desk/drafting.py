"""How a page leads on to a draft: which acts may be said next, on what basis, and which drafts are open already.

Rules kept here: beginning a draft says nothing; whether it may be said is judged when it is submitted and released.
The basis is the act that is answered: for a signature the text that is signed, for an answer the newest act of the
other side that asks for it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from rabita.desk.rendering import Reading
from rabita.line.entry import WITHHELD
from rabita.procedures.engine.check import allowed
from rabita.procedures.engine.definition import ANY, CORRECT, WITHDRAW, Procedure, Rule
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.engine.say import placeholders
from rabita.services import casebook
from rabita.services.drafts import Draft
from rabita.services.policy import Matter
from rabita.services.reads import Portion, View

_UNSAID: Final = "…"


class Begin(NamedTuple):
    """A draft that can be begun: of which act, how it reads, and what it would already say (JSON)."""

    procedure: str
    act: str
    says: str
    said: str
    consent: bool


def beginnings(seen: Reading, home: casebook.Folded, about: str = "", more: tuple[str, ...] = ()) -> list[Begin]:
    """Give the drafts that can be begun in a case, of the acts that officers may say next and of *more*.

    With *about*, the digest of one act, those that answer it or are about it.
    """
    procedure, case, us = home.procedure, home.case, seen.at.record().us
    if not (case.computed and seen.at.allows("draft", Matter(line=seen.at.line, procedure=procedure.name))):
        return []
    rules = {name: procedure.rules[name] for name in (*allowed(procedure, case, us), *more)}
    found = [(name, _said(procedure, case, us, name, about)) for name, rule in rules.items() if not rule.service]
    return [
        Begin(
            procedure.name,
            name,
            _says(seen, case, us, seen.language.translate(rules[name].says)),
            msgspec.json.encode(said).decode(),
            rules[name].consent,
        )
        for name, said in found
        if said is not None
    ]


def disclosures(seen: Reading, home: casebook.Folded, view: View, portion: Portion, role: str) -> list[Begin]:
    """Give the drafts that would show what an act of ours withheld, filled in with its very words.

    None while these are not to be read here, or nothing that may be said next has a portion of this role.
    """
    if not (view.summary.ours and portion.state == WITHHELD and portion.text):
        return []
    rules = home.procedure.rules
    first = rules[view.summary.act].portions[0].role
    shown = {
        "role": role or first,
        "text": portion.text,
        "language": portion.language,
        "marking": portion.marking,
        "discloses": portion.digest,
    }
    return [
        each._replace(said=_showing(each.said, view.act_digest, shown))
        for each in beginnings(seen, home)
        if {shown["role"], ANY} & {carried.role for carried in rules[each.act].portions}
    ]


def _showing(said: str, digest: str, shown: dict[str, str]) -> str:
    """Have a draft name the act that withheld something, and show it."""
    begun = msgspec.json.decode(said)
    basis = dict.fromkeys([*begun["basis"], digest])
    return msgspec.json.encode({**begun, "basis": list(basis), "portions": [shown]}).decode()


def open_drafts(seen: Reading, procedure: str, members: frozenset[str]) -> tuple[Draft, ...]:
    """List the open drafts that are about a case, of those that the officer may read; *members* are its acts."""
    releasing, who = seen.at.services.releasing, seen.at.who
    if releasing is None or who is None:
        return ()
    return releasing.drafting.answering(who, seen.at.line, procedure, members)


def _said(procedure: Procedure, case: Case, us: str, name: str, about: str) -> dict[str, Any] | None:
    """Give what a draft of an act says from the beginning, None where it is not about the act named."""
    rule = procedure.rules[name]
    if about and about not in _subjects(procedure, case, us, name, rule):
        return None
    answered = about or next(iter(_subjects(procedure, case, us, name, rule)), case.id)
    naming = "digest" if rule.signs else rule.naming
    fields = {naming: answered} if naming else {}
    return {"basis": [answered], "fields": fields, "precedence": _precedence(case, rule, answered)}


def _precedence(case: Case, rule: Rule, digest: str) -> str:
    """Answer in the lane in which it was said, where the act may go there."""
    lane = next((each.held.lane for each in case.acts if each.held.digest == digest), None)
    return lane if lane in rule.precedences else rule.precedences[-1]


def _subjects(procedure: Procedure, case: Case, us: str, name: str, rule: Rule) -> list[str]:
    """List the acts that a draft of this act may be about, the likeliest first."""
    return list(dict.fromkeys([each.held.digest for each in _about(procedure, case, us, name, rule)]))


def _about(procedure: Procedure, case: Case, us: str, name: str, rule: Rule) -> Iterator[Folded]:
    newest = list(reversed(case.effective(*procedure.rules)))
    if name in (CORRECT, WITHDRAW):
        yield from [each for each in newest if each.held.author == us and each.act not in (CORRECT, WITHDRAW)]
        return
    if rule.signs:
        yield from [each for each in newest if each.act in procedure.joint(rule.signs).of]
        return
    if rule.about:
        stand = {each.digest for each in case.joint if each.stands}
        named = [each for each in newest if each.act in rule.about]
        yield from sorted(named, key=lambda each: each.held.digest not in stand)
        return
    asks = {act for duty in procedure.duties if name in duty.until for act in duty.since}
    theirs = [each for each in newest if each.held.author != us and not procedure.rules[each.act].service]
    yield from [each for each in theirs if each.act in asks]
    yield from theirs
    yield from newest


def _says(seen: Reading, case: Case, us: str, says: str) -> str:
    """Say an act that is not written yet: its sentence, with what is still open left open."""
    other = case.responder if us == case.opener else case.opener
    party = seen.reader.party
    sides: Mapping[str, str] = {
        "author": party(us),
        "other": party(other),
        "opener": party(case.opener),
        "responder": party(case.responder),
    }
    said = says.format_map({name: sides.get(name, _UNSAID) for name in placeholders(says)})
    return said.removesuffix(".").removesuffix("۔") if said[:-1].endswith(_UNSAID) else said
