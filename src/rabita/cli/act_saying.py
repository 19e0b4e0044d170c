"""Saying one act from the command line: words and fields gathered, checked by the procedure, approved, sealed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from rabita.app.asks import Placed, SealAct
from rabita.app.casework import signer
from rabita.cli.act_options import FieldOption, Given, fields_given, read_time
from rabita.cli.attachment import blob_of, blobs_of
from rabita.cli.book import booked
from rabita.cli.common import ask_node, officer_key, place, print_json, read_file
from rabita.cli.procedures import next_step
from rabita.line.attachment import digest_of
from rabita.line.entry import KINDS
from rabita.line.errors import UserFault
from rabita.line.ids import PRECEDENCES, Lane
from rabita.line.limits import ATTACHMENTS_MAX
from rabita.procedures.engine.coded import Signs
from rabita.procedures.engine.definition import Procedure, Rule
from rabita.services.casebook import Casebook, act_row
from rabita.services.casework import Prepared, Wanted, Words, approve, prepare
from rabita.services.reads import find_line

if TYPE_CHECKING:
    from rabita.line.events import Draft


class Saying(NamedTuple):
    """What was typed: the act, its options by field, the options of its portions by role, their values."""

    procedure: Procedure
    act: str
    rule: Rule
    fields: Sequence[FieldOption]
    roles: Mapping[str, str]
    given: Mapping[str, Any]
    now_ms: int


def say(saying: Saying) -> None:
    """Check an act and, unless only that was asked, have it approved and seal it."""
    given = saying.given
    where = place(given["home"])
    basis = next(iter(given["basis"] or ()), "")
    files = given["attach"] or ()
    if len(files) > ATTACHMENTS_MAX:
        raise UserFault("setting-invalid", f"--attach: {ATTACHMENTS_MAX} at most")
    attached = [blob_of(path) for path in files]
    try:
        with booked(where) as book:
            prepared = prepare(book, _wanted(book, saying, tuple(map(digest_of, attached))))
    except UserFault as fault:
        raise next_step(fault, saying.procedure.slug, saying.act, saying.fields, basis) from fault
    if given["check"]:
        _show(prepared, None, as_json=given["as_json"])
        return
    for blob in attached:
        blobs_of(where).put(prepared.line, blob)
    draft: Draft = approve(prepared, [signer(*officer_key(each)) for each in given["approve"] or ()])
    asked = SealAct(prepared.line, prepared.act.precedence, draft.act, draft.approvals, draft.portions, draft.withheld)
    (placed,) = ask_node(where, [asked], Placed)
    _show(prepared, placed, as_json=given["as_json"])


def _wanted(book: Casebook, saying: Saying, attachments: tuple[str, ...]) -> Wanted:
    given = saying.given
    line = find_line(book.store, given["line"])
    basis = tuple(given["basis"] or ())
    reads = Given(
        saying.now_ms,
        book.charter(line).boundary.digest,
        lambda text: act_row(book, line, text).digest.hex(),
    )
    fields = fields_given(saying.fields, given, reads)
    if issubclass(saying.rule.fields, Signs) and basis and "digest" not in fields:
        fields["digest"] = reads.act_of(basis[0])
    if given["traffic"] and given["traffic"] not in KINDS:
        raise UserFault("setting-invalid", f"--traffic: allowed is {', '.join(KINDS)}")
    return Wanted(
        line=line,
        procedure=saying.procedure.name,
        act=saying.act,
        basis=basis,
        fields=fields,
        words=_words(saying),
        posts=tuple(given["to"] or ()),
        precedence=_lane(saying),
        marking=given["marking"],
        reply_by_ms=_time(given["reply_by"], saying.now_ms) if given["reply_by"] else 0,
        kind=given["traffic"],
        attachments=attachments,
    )


def _words(saying: Saying) -> tuple[Words, ...]:
    """Gather the portions, those sent first; the languages named go with the words of each role in turn."""
    given = saying.given
    withheld, languages = given["withheld"] or (), given["language"] or ()
    unknown = set(withheld) - set(saying.roles)
    if unknown:
        raise UserFault("portion-not-allowed", f"withheld: allowed is {', '.join(saying.roles)}")
    found = []
    for at, (role, name) in enumerate(saying.roles.items()):
        texts = [*(given[name] or ()), *([_text(path) for path in given["file"] or ()] if at == 0 else [])]
        for number, text in enumerate(texts):
            language = languages[min(number, len(languages) - 1)] if languages else ""
            found.append(Words(text, role, language=language, withheld=role in withheld))
    return tuple(sorted(found, key=lambda each: each.withheld))


def _lane(saying: Saying) -> Lane:
    allowed = saying.rule.precedences
    wanted = saying.given["precedence"].upper() or (Lane.ROUTINE if Lane.ROUTINE in allowed else allowed[0])
    if wanted not in PRECEDENCES:
        raise UserFault("setting-invalid", f"--precedence: allowed is {', '.join(PRECEDENCES)}")
    return Lane(wanted)


def _time(text: str, now_ms: int) -> int:
    try:
        return read_time(text, now_ms)
    except ValueError as fault:
        raise UserFault("setting-invalid", f"--reply-by: {fault}") from fault


def _text(path: Path) -> str:
    try:
        return read_file(path).decode()
    except UnicodeDecodeError:
        raise UserFault("content-encoding", str(path)) from None


def _show(prepared: Prepared, placed: Placed | None, *, as_json: bool) -> None:
    flags = [{"code": each.code, "sentence": each.sentence, "detail": each.detail} for each in prepared.flags]
    if as_json:
        print_json(
            {
                "sealed": placed is not None,
                "reference": placed.reference if placed is not None else "",
                "digest": prepared.digest,
                "sentence": prepared.sentence,
                "approvals": prepared.approvals,
                "flags": flags,
            }
        )
        return
    typer.echo(placed.reference if placed is not None else "This would be sealed; nothing was.")
    typer.echo(prepared.sentence)
    if placed is None:
        typer.echo(f"It needs the approval of: {', '.join(prepared.approvals)}.")
    for each in flags:
        typer.echo(f"Note: {each['sentence']} [{each['code']}{': ' * bool(each['detail'])}{each['detail']}]")
