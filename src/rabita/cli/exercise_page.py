"""The after-action report on a terminal: each play on a page of its own, then the plays side by side."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from rabita.cli.common import new_table
from rabita.procedures.engine.say import utc
from rabita.services.after_action_forms import AfterAction, Force, Kept, PlayReport, Question

SENTENCE_CHARS: Final = 110
LISTED: Final = 12


def pages(report: AfterAction) -> Iterator[RenderableType]:
    """Write the whole report; its caution comes first and last."""
    yield Text("After-action report", "bold underline")
    yield Text(report.caution, "italic")
    for play in report.plays:
        yield Text()
        yield from page(play)
    if len(report.plays) > 1:
        yield Text()
        yield Text("Side by side", "bold underline")
        table = new_table("", *[play.title for play in report.plays])
        for row in report.side_by_side:
            table.add_row(row.what, *row.values)
        yield table
        yield Text(report.caution, "italic")


def page(play: PlayReport) -> Iterator[RenderableType]:
    """Write one play."""
    yield Text(f"{play.title} ({play.play})", "bold")
    yield Text(play.caution, "italic")
    cases = ", ".join([f"{count} {name}" for name, count in play.cases.items()])
    yield Text(f"{play.acts} acts, {play.invented} of them invented, in {sum(play.cases.values())} cases: {cases}.")
    yield Text()
    table = new_table("answers owed", "in time", "late", "never", "still open")
    for lane, kept in play.handling.items():
        table.add_row(f"handling, {lane}", *_counts(kept))
    table.add_row("the charter's other clocks", *_counts(play.clocks))
    yield table
    missed = [each for each in play.limits if each.result in ("late", "never")]
    for each in missed[:LISTED]:
        done = f"done {utc(each.met_ms)}" if each.met_ms else "never"
        owed_by = ", ".join(each.owed_by)
        yield Text(f"  {owed_by}: {each.procedure}, {each.duty}, by {utc(each.due_ms)}: {done} ({each.inject})")
    if len(missed) > LISTED:
        yield Text(f"  and {len(missed) - LISTED} more; --json lists all")
    yield Text()
    yield from map(Text, _questions(play.questions))
    for strike in play.force:
        yield from map(Text, _force(strike))
    yield Text()
    yield from map(Text, _told(play))
    yield Text()
    yield from map(Text, _promises(play))
    tests = play.tests
    yield Text(f"Line tests in {tests.days} days: {tests.held} of {tests.due} held, {tests.missed} missed.")
    for restored in play.restorations:
        until = f"{restored.days} days" if restored.restored_ms else "not undone in this play"
        yield Text(f"  {restored.by}: {restored.kind.replace('-', ' ')}, since {utc(restored.since_ms)}, {until}")
    days = f"{play.rupture_days} days" if play.rupture_days >= 0 else "the envoys are not back"
    yield Text(f"From rupture to restoration: {days}.")


def _counts(kept: Kept) -> Sequence[str]:
    return [str(each) for each in (kept.in_time, kept.late, kept.never, kept.open)]


def _questions(found: Sequence[Question]) -> Iterator[str]:
    if not found:
        yield "No incident is attributed to the other side."
    for each in found:
        asked = f"asked after {each.hours} h, {utc(each.asked_ms)}" if each.asked_ms else "no explanation asked for"
        first = "; force came first" if each.force_first else ""
        yield f"Attributed to the other side by {each.by}: {each.inject}, {utc(each.reported_ms)}; {asked}{first}."


def _force(strike: Force) -> Iterator[str]:
    yield f"Force, {strike.inject}: {strike.by}, {utc(strike.at_ms)}. Before it {strike.by} had asked or warned:"
    yield from [f"  {_short(each)}" for each in strike.asked] or ["  nothing that is on record"]
    yield from [f"  answered: {_short(each)}" for each in strike.told]
    for each in strike.owed:
        due = f"by {utc(each.due_ms)}" if each.due_ms else "no date"
        yield f"  owed then by {', '.join(each.owed_by)}: {each.sentence} ({each.inject}), {due}"


def _told(play: PlayReport) -> Iterator[str]:
    yield "What each side learnt from the other of what had happened, and how long after:"
    for each in play.told[:LISTED]:
        days, minutes = divmod(each.after_minutes, 24 * 60)
        after = f"{days} d " * bool(days) + f"{minutes // 60} h {minutes % 60:02d} min"
        yield f"  {each.to}, {utc(each.at_ms)}, after {after}: {_short(each.sentence)}"
    if len(play.told) > LISTED:
        yield f"  and {len(play.told) - LISTED} more; --json lists all"


def _promises(play: PlayReport) -> Iterator[str]:
    yield "Promises:"
    for each in play.promises:
        terms = f"due {utc(each.due_ms)}" if each.due_ms else f"“{each.words_used.replace('-', ' ')}”"
        signed = "signed by both" if each.signed else "one side's word"
        kept = f"kept {utc(each.kept_ms)}" if each.kept_ms else f"{each.standing}, {each.days_open} days open"
        looked = f", reviewed {each.reviews} times" if each.reviews else ""
        yield f"  {each.inject} ({', '.join(each.owed_by)}; {signed}), {terms}: {kept}{looked}."


def _short(text: str) -> str:
    return text if len(text) <= SENTENCE_CHARS else text[: SENTENCE_CHARS - 1] + "…"
