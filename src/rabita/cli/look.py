"""``rabita inbox``, ``show`` and ``status``: what was said, one entry with its proofs, how the lines stand."""

from typing import TYPE_CHECKING, Annotated

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    LineOption,
    Place,
    clock,
    new_table,
    opened,
    place,
    print_json,
    show_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rabita.services.reads import LineStatus, View


def inbox(
    *,
    line: LineOption = "",
    party: Annotated[str, typer.Option(help="Whose entries: a code, or all; the other side's if absent.")] = "",
    before: Annotated[int, typer.Option(help="Only entries before this number of the first column.")] = 0,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List entries, newest first."""
    from rabita.services.reads import inbox as read_inbox

    with opened(place(home)) as store:
        lines = [each.line for each in store.lines() if each.line.startswith(line)]
        found = read_inbox(store, lines, party, before, count)
    if as_json:
        print_json(found)
        return
    _say_exercise(each.party for each in found)
    table = new_table("#", "reference", "held", "procedure", "to", "marking", "text")
    for each in found:
        text = each.text or (f"[{each.fault}]" if each.fault else "")
        what = f"{each.procedure} {each.act}".strip()
        mark = "" if each.receipted else " *"
        table.add_row(
            str(each.seq), each.reference + mark, clock(each.held_ms), what, ", ".join(each.posts), each.marking, text
        )
    show_table(table)
    if any(not each.receipted for each in found):
        typer.echo("* not receipted yet")


def show(
    reference: Annotated[str, typer.Argument(help="A reference, as in PAK-F-0041.")],
    *,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one entry in full: stamp, act, words, approvals, receipt and its proof, checked now."""
    from rabita.services.reads import find_entry, view

    with opened(place(home)) as store:
        shown = view(store, find_entry(store, reference))
    if as_json:
        print_json(shown)
    else:
        _show(shown)


def status(*, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show how every line stands."""
    import asyncio

    found = asyncio.run(_status(place(home)))
    if as_json:
        print_json(found)
        return
    for each in found:
        _show_status(each)
    if not found:
        typer.echo("No line stands yet; rabita line propose begins one.")


async def _status(where: Place) -> "list[LineStatus]":
    from rabita.app.asks import GetStatus
    from rabita.app.client import connected
    from rabita.line.state import load
    from rabita.services.reads import LineStatus, PostQuantum, line_status

    async with connected(where.home.socket) as client:
        if client is not None:
            return await client.ask(GetStatus(), list[LineStatus])
    with opened(where) as store:
        states, quantum = [load(store.snapshot(each.line)) for each in store.lines()], PostQuantum(store)
        return [line_status(quantum, state, condition="offline", fault="", endpoint="", queued=0) for state in states]


def _say_exercise(parties: "Iterable[str]") -> None:
    """Say on top that what follows is an exercise; the word is never translated."""
    from rabita.line.ids import is_exercise_code

    if any(is_exercise_code(party) for party in parties):
        typer.echo("EXERCISE")


def _show(shown: "View") -> None:
    about = shown.summary
    _say_exercise([about.party])
    table = new_table("", "")
    table.add_row("entry", f"{about.reference} on line {about.line[:12]}, epoch {about.epoch}")
    table.add_row("said", f"{about.party}, {about.lane}, {about.kind}: {about.procedure} {about.act}")
    table.add_row("claimed time", clock(about.claimed_ms))
    table.add_row("held here since", clock(about.held_ms))
    table.add_row("order", f"entry {shown.n} of its author; it had seen {sum(shown.seen)} of the other side's")
    for name, value in (
        ("to", ", ".join(about.posts)),
        ("marking", about.marking),
        ("answers", ", ".join(each[:16] for each in shown.basis)),
        ("reply by", clock(shown.reply_by_ms) if shown.reply_by_ms else ""),
        ("expires", clock(shown.expires_ms) if shown.expires_ms else ""),
        ("fields", "; ".join(f"{key}: {value}" for key, value in shown.fields.items())),
        ("fault", about.fault),
        ("charter", f"version {shown.charter}, {shown.charter_fault}" if shown.charter_fault else ""),
        ("void", "another act used its id first" if shown.void else ""),
        ("late", "it came after its epoch was closed and is not in force" if shown.late else ""),
    ):
        if value:
            table.add_row(name, value)
    for each in shown.portions:
        table.add_row(
            f"portion, {each.state}", each.text or f"{each.size_bytes} bytes of {each.media}, {each.digest[:16]}"
        )
    for approval in shown.approvals:
        table.add_row("approval", f"{approval.standing}: {approval.role} {approval.post} ({approval.key[:16]})")
    if not shown.approvals:
        table.add_row("approval", "none: officer not verified")
    table.add_row("receipt", _receipt(shown))
    table.add_row("proof", _proof(shown))
    show_table(table)


def _receipt(shown: "View") -> str:
    about, proof = shown.summary, shown.proof
    if not about.ours:
        return "receipted by this node: it holds every word durably"
    if not about.receipted:
        return "none yet: the other side has not confirmed holding it"
    when = f", by its clock at {clock(proof.receipted_s * 1000)}" if proof is not None and proof.receipted_s else ""
    return f"the other side signed that it holds it durably{when}"


def _proof(shown: "View") -> str:
    if shown.proof is None:
        return "FAILS: the log here does not lead to its checkpoint; run rabita doctor"
    signed = "the receipted" if shown.summary.ours and shown.summary.receipted else "its author's"
    return (
        f"in the log under {signed} checkpoint of {shown.proof.size} entries, by {len(shown.proof.hashes)} hashes; "
        f"root {shown.proof.root[:16]}"
    )


def _show_status(each: "LineStatus") -> None:
    table = new_table("", "")
    table.add_row("line", f"{each.line[:12]}: {each.us} with {each.peer}{', EXERCISE' if each.exercise else ''}")
    table.add_row("state", each.state + (f" ({each.fault})" if each.fault else ""))
    if each.endpoint:
        table.add_row("by way of", each.endpoint)
    if each.round_trip_ms is not None:
        table.add_row("delay", f"{each.round_trip_ms} ms there and back")
    if each.clock_difference_ms is not None:
        table.add_row("clock difference", f"{each.clock_difference_ms} ms")
    table.add_row("queued", f"{each.queued} to be sealed")
    for lane in each.lanes:
        troubles = f", STOPPED ({lane.stopped})" if lane.stopped else ", blocked" if lane.blocked else ""
        table.add_row(
            lane.lane, f"{lane.sealed} sealed, {lane.unreceipted} not receipted, {lane.held} received{troubles}"
        )
    if each.epoch_needed:
        table.add_row("epoch", f"{each.epoch}; a new one is NEEDED: rabita epoch open")
    if each.accord_needed:
        table.add_row("accord", "the other side's log is stopped by a contradiction: rabita epoch accept")
    if each.disk_low:
        table.add_row("disk", "LOW: below FLASH nothing is taken in until there is room")
    quantum = ", ".join(f"{log} {size}" for log, size in each.post_quantum.items())
    table.add_row("post-quantum signed", quantum or "nothing yet")
    show_table(table)
