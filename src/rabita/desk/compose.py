"""What the pages of writing, review and release ask beside the API: everything they say of procedures, in words.

Rules kept here: definitions, codes and findings are told in the reader's language, so that scripts hold none; what an
act comes to is read from its definition and from the charter of the line; who may read what is asked of policy, and a
draft is shown to whoever ``services.drafting`` lets read it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Response

from rabita.desk.compose_forms import (
    ActForm,
    ActName,
    Answered,
    Limits,
    MarkingPart,
    Owing,
    PortionForm,
    Preview,
    ProcedureForm,
    ProcedureName,
)
from rabita.desk.lines import on_line
from rabita.desk.rendering import Desk, Reading, reading, response, script_route
from rabita.desk.shells import open_route
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import At, Query, Route
from rabita.gateways.rest.sign_in import signed_in
from rabita.line.charter import Charter
from rabita.line.errors import SENTENCES, UserFault
from rabita.line.record import LineRecord
from rabita.policy.cedar import REFUSALS
from rabita.policy.files import read_source
from rabita.procedures.catalogue import CATALOGUE, fields_schema
from rabita.procedures.engine.definition import ANY, LANE, REPLY_BY, Duty, Portion, Procedure, Rule, Who
from rabita.procedures.engine.held import FOREIGN_MINISTRY, SERVICE
from rabita.procedures.engine.say import WORDS, label, say_value
from rabita.procedures.marking import WORDS as MARKING_WORDS
from rabita.procedures.marking import Handling, Tlp, Why, parse_marking
from rabita.procedures.notice import Announced
from rabita.procedures.territory import ALLOWED
from rabita.services import case_reads
from rabita.services.audit import Action
from rabita.services.case_views import ActLine
from rabita.services.casebook import case_row
from rabita.services.casework import OFFICER, prepare
from rabita.services.draft_facts import wanted_of
from rabita.services.officers import Role

BLANK: Final = "…"
ORCON: Final = "the originator controls what follows"
NOREL: Final = "to nobody but the two parties"
_LEADS: Final = {"lead_min_s": "lead-min", "lead_max_s": "lead-max", "window_max_s": "window-max"}
_ANNOUNCED: Final = re.compile(r"notice-(.+)-(?:lead-min|lead-max|window-max)")
_POLICY_WORDS: Final = re.compile(r'@words\("([^"]*)"\)')


class ComposeQuery(Query, frozen=True):
    """On which line (empty: the first), and the act that a draft answers, by reference or digest."""

    line: Name = ""
    basis: Name = ""


class Sides(NamedTuple):
    """Who is who where an act is written: its author is this side."""

    author: str
    other: str
    opener: str
    responder: str


def procedures(seen: Reading, asked: ComposeQuery) -> tuple[ProcedureName, ...]:
    """List every procedure with the acts that officers may begin."""
    seen = on_line(seen, asked.line)
    record = seen.at.record()
    return tuple([_named(seen, record, each) for each in CATALOGUE.procedures.values()])


def procedure(seen: Reading, asked: ComposeQuery) -> ProcedureForm:
    """Say all that a form of a procedure needs; raises ``UserFault``: ``procedure-unknown``, as ``on_line``."""
    seen = on_line(seen, asked.line)
    found = next((each for each in CATALOGUE.procedures.values() if each.slug == seen.at.path["procedure"]), None)
    if found is None:
        raise UserFault("procedure-unknown", seen.at.path["procedure"][:64])
    charter, say = seen.at.services.book.charter(seen.at.line), seen.language.translate
    opener, record = _opener(seen, asked.basis), seen.at.record()
    labels, values = _words_of(found)
    return ProcedureForm(
        slug=found.slug,
        name=found.name,
        title=say(found.title),
        purpose=say(found.purpose),
        labels={each: say(label(each)) for each in labels},
        values={each: say_value("", each, seen.reader) for each in values},
        acts={
            name: _act(seen, charter, found, rule, _sides(record, rule, opener)) for name, rule in found.rules.items()
        },
        limits=_limits(charter),
        words_max={lane: terms.words_max for lane, terms in charter.lanes.items()},
        handling_s={lane: terms.handling_time_s for lane, terms in charter.lanes.items()},
        marking=tuple(_marking_parts(seen, charter)),
        languages=charter.languages,
        retention_days=charter.retention_days,
    )


def answered(seen: Reading, asked: ComposeQuery) -> Answered:
    """Show the act that a draft answers; raises as ``case_reads.act``."""
    seen = on_line(seen, asked.line)
    act = case_reads.act(seen.at.book, seen.at.line, asked.basis, seen.reader)
    return Answered(
        reference=act.reference,
        digest=act.digest,
        case=act.case,
        procedure=act.procedure,
        act=act.act,
        fields=_corrected(seen, act),
        author=seen.reader.party(act.party),
        ours=act.ours,
        sentence=act.sentence,
        standing=act.standing,
        marking=act.marking,
        claimed_ms=act.claimed_ms,
        reply_by_ms=act.reply_by_ms,
    )


def _corrected(seen: Reading, act: ActLine) -> Mapping[str, Any]:
    """Give the coded fields of an act as its corrections have them, none where its reader may not see them."""
    if not act.case:
        return act.fields
    view = case_reads.case(seen.at.book, seen.at.line, act.case, seen.reader)
    return next((each.fields for each in view.acts if each.digest == act.digest), act.fields)


def preview(seen: Reading, _asked: Query) -> Preview:
    """Show what would be sealed of a draft; raises ``UserFault`` as ``Drafting.read``, and by what stands in its way.

    A draft that ended says nothing any more, and is refused as incomplete.
    """
    releasing = seen.at.services.releasing
    if releasing is None:
        raise UserFault("web-origin-needed")
    shown = releasing.drafting.read(signed_in(seen.at), seen.at.path["draft"])
    prepared = prepare(seen.at.services.book, wanted_of(shown.draft, shown.said), seen.reader)
    return Preview(prepared.sentence, prepared.raw.decode(), prepared.approvals)


def sentences(desk: Desk, at: At, _asked: Query) -> Response[bytes]:
    """Give what the API says in English (faults, remarks, roles, why policy refuses) in the reader's language."""
    known = reading(desk, at).language.messages
    told = {each: known[each] for each in _told() if each in known}
    return response(msgspec.json.encode(told), "application/json")


def said() -> list[str]:
    """List the message ids that are said here and are no procedure's own: a catalogue must translate them."""
    portions = [
        each.role for found in CATALOGUE.procedures.values() for rule in found.rules.values() for each in rule.portions
    ]
    roles = [_plain(each) for each in portions if each != ANY]
    purposes = [each.purpose for each in CATALOGUE.procedures.values()]
    return list(dict.fromkeys([*purposes, *roles, *map(_plain, Why), ORCON, NOREL, *ALLOWED.values(), *_told()]))


@cache
def _told() -> tuple[str, ...]:
    policies = [words for text in read_source("").texts.values() for words in _POLICY_WORDS.findall(text)]
    roles = [_plain(each) for each in (*Role, FOREIGN_MINISTRY, SERVICE, OFFICER)]
    return tuple(dict.fromkeys([*SENTENCES.values(), *ALLOWED.values(), *policies, *REFUSALS, *roles]))


def _plain(name: str) -> str:
    return name.replace("-", " ")


def _named(seen: Reading, record: LineRecord, found: Procedure) -> ProcedureName:
    say = seen.language.translate
    acts = [
        ActName(name, _says(seen, rule, _sides(record, rule, "")), rule.opens)
        for name, rule in found.rules.items()
        if not rule.service
    ]
    return ProcedureName(found.slug, found.name, say(found.title), say(found.purpose), tuple(acts))


def _act(seen: Reading, charter: Charter, found: Procedure, rule: Rule, sides: Sides) -> ActForm:
    say, names = seen.language.translate, _names(seen, sides)
    led = dict.fromkeys([after for before, after in rule.moves.items() if before != after])
    name = next(name for name, each in found.rules.items() if each is rule)
    duties = [each for each in found.duties if name in each.since]
    return ActForm(
        says=_says(seen, rule, sides),
        approvals="consent" if rule.consent else "service" if rule.service else "officer",
        opens=rule.opens,
        moves=bool(led),
        states=tuple([say(found.all_states[each]).format_map(names) for each in led]),
        owed=tuple([_owing(seen, charter, rule, each, sides) for each in duties]),
        portions=tuple([_portion(seen, each) for each in rule.portions]),
        precedences=tuple([each.value for each in rule.precedences]),
        signs=say(found.joint(rule.signs).says) if rule.signs else "",
        guards=issubclass(rule.fields, Announced),
    )


def _opener(seen: Reading, basis: str) -> str:
    """Give who opened the case of an act that is answered, empty where none is known."""
    try:
        return case_row(seen.at.book, seen.at.line, basis).opener if basis else ""
    except UserFault:
        return ""


def _sides(record: LineRecord, rule: Rule, opener: str) -> Sides:
    """Say who is who in the case that an act of ours is part of, as far as it is known."""
    us, peer = record.us, record.peer
    ours = rule.opens or opener == us or (not opener and rule.who is not Who.RESPONDER)
    return Sides(us, peer, us, peer) if ours else Sides(us, peer, peer, us)


def _names(seen: Reading, sides: Sides) -> dict[str, str]:
    """Name the parties in the places that sentences have for them; what is not said yet stays open."""
    return {name: seen.reader.party(each) for name, each in sides._asdict().items()}


def _says(seen: Reading, rule: Rule, sides: Sides) -> str:
    blanks = defaultdict(lambda: BLANK, _names(seen, sides))
    told = seen.language.translate(rule.says).format_map(blanks)
    return re.sub(rf"{BLANK}(?:[,،] {BLANK})*[.۔]?", BLANK, told)


def _owing(seen: Reading, charter: Charter, rule: Rule, duty: Duty, sides: Sides) -> Owing:
    both = (sides.opener, sides.responder)
    who = {Who.OPENER: both[:1], Who.RESPONDER: both[1:], Who.OTHER: (sides.other,)}.get(duty.who, both)
    within = {"": charter.deadlines_s[duty.within]} if duty.within in charter.deadlines_s else {}
    if duty.within == LANE:
        within = {lane.value: charter.terms(lane).handling_time_s for lane in rule.precedences}
    return Owing(
        who=seen.language.translate(WORDS["and"]).join(map(seen.reader.party, who)),
        says=seen.language.translate(duty.says),
        within_s=within,
        at=duty.at if duty.at in ("", REPLY_BY) else f"fields.{duty.at}",
        when=duty.when,
        rings=duty.rings,
    )


def _portion(seen: Reading, each: Portion) -> PortionForm:
    words = "" if each.role == ANY else seen.language.translate(_plain(each.role))
    return PortionForm(each.role, words, each.required, each.may_withhold, each.markings)


def _words_of(found: Procedure) -> tuple[list[str], list[str]]:
    """List the members and the codes of all that the acts of a procedure may say."""
    labels: dict[str, None] = {}
    values: dict[str, None] = dict.fromkeys([each.role for rule in found.rules.values() for each in rule.portions])
    for rule in found.rules.values():
        for node in _nodes(fields_schema(rule.fields)):
            labels |= dict.fromkeys(node.get("properties", {}))
            values |= dict.fromkeys([each for each in node.get("enum", ()) if isinstance(each, str)])
    return list(labels), [each for each in values if each not in ("", ANY)]


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Yield every object of a JSON Schema."""
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from _nodes(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _nodes(each)


def _limits(charter: Charter) -> dict[str, Limits]:
    """Give the times that the charter sets for what is announced, by its kind."""
    kinds = {found[1] for name in charter.deadlines_s if (found := _ANNOUNCED.fullmatch(name))}
    return {
        kind: Limits(**{member: charter.deadlines_s.get(f"notice-{kind}-{end}", 0) for member, end in _LEADS.items()})
        for kind in sorted(kinds)
    }


def _marking_parts(seen: Reading, charter: Charter) -> Iterator[MarkingPart]:
    """Yield the parts that a marking may have, the charter's levels with each party's own word for them."""
    say, party = seen.language.translate, seen.reader.party
    levels = tuple(charter.classification)
    for level, words in charter.classification.items():
        yield MarkingPart(
            level,
            say(WORDS["list"]).join([f"{party(code)}: {word}" for code, word in words.items()]),
            restrictive=False,
        )
    told = {
        **{f"TLP:{each}": MARKING_WORDS[each] for each in Tlp},
        **{each.value: MARKING_WORDS[each] for each in Handling},
        "ORCON": ORCON,
        "NOREL": NOREL,
        **{f"WHY {each}": _plain(each) for each in Why},
    }
    for part, means in told.items():
        yield MarkingPart(part, say(means), parse_marking(part, levels).restrictive)


def _get(desk: Desk, path: str, name: str, title: str, run: Callable[[Reading, Any], Any], **more: Any) -> Route:  # noqa: ANN401 - types and handlers
    usual = {"audit": Action.STATUS, "query": ComposeQuery}
    return script_route(
        *("GET", f"/desk/{path}", name, title, lambda at, asked: run(reading(desk, at), asked)), **{**usual, **more}
    )


def compose_routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes that the pages of writing, review and release ask."""
    return (
        _get(
            *(desk, "compose", "composeProcedures", "Every procedure and act, in the reader's language", procedures),
            answers={200: tuple[ProcedureName, ...]},
        ),
        _get(
            *(desk, "compose/{procedure}", "composeProcedure", "All that a form says, in the reader's language"),
            procedure,
            answers={200: ProcedureForm},
            faults=("procedure-unknown", "line-unknown"),
        ),
        _get(
            *(desk, "answered", "answered", "The act that a draft answers, in the reader's language", answered),
            audit=Action.READ,
            answers={200: Answered},
            faults=("line-unknown", "basis-unknown", "reference-unknown"),
        ),
        _get(
            *(desk, "drafts/{draft}/record", "draftRecord", "What would be sealed of a draft", preview),
            audit=Action.CHECK,
            query=Query,
            answers={200: Preview},
            faults=("web-origin-needed", "draft-unknown"),
        ),
        open_route(
            *("/desk/sentences", "sentences", "What the API says in English, in the reader's language"),
            *(partial(sentences, desk), "application/json"),
        ),
    )
