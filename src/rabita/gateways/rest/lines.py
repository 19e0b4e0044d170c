"""Reads about the node and its lines: is it up, who am I, the state of a line, its founding texts, the catalogue."""

from functools import cache
from typing import Any, Final

from rabita.gateways.rest.forms import CatalogueShown, CharterShown, DescriptorShown, Health, ProcedureShown, Us
from rabita.gateways.rest.routing import OPEN, At, Query, Route
from rabita.line.charter import read_charter
from rabita.line.descriptor import read_descriptor
from rabita.line.errors import UserFault
from rabita.procedures.catalogue import CATALOGUE, catalogue_digest, described
from rabita.procedures.catalogue import VERSION as CATALOGUE_VERSION
from rabita.services.audit import Action
from rabita.services.caseindex import IndexProgress
from rabita.services.policy import Matter
from rabita.services.reads import LineStatus


def health(_at: At, _query: Query) -> Health:
    """Say that the node answers."""
    return Health("up")


def us(at: At, _query: Query) -> Us:
    """Say who asks."""
    return Us(at.services.party, at.services.version, at.principal)


def lines(at: At, _query: Query) -> tuple[LineStatus, ...]:
    """Give the state of every line the asker may see."""
    return tuple([each for each in at.services.status() if at.allows("see-status", Matter(line=each.line))])


def line(at: At, _query: Query) -> LineStatus:
    """Give the state of a line."""
    found = [each for each in at.services.status() if each.line == at.line]
    if not found:
        raise UserFault("line-unknown", at.line[:12])
    return found[0]


def charter(at: At, _query: Query) -> CharterShown:
    """Give a line's charter."""
    record = at.record()
    note, terms = read_charter(record.charter)
    signers = sorted({each.name.partition(".")[0] for each in note.signatures})
    return CharterShown(record.line, tuple(signers), terms, record.charter.decode())


def descriptors(at: At, _query: Query) -> tuple[DescriptorShown, ...]:
    """Give both parties' descriptors, ours first."""
    return tuple([_descriptor(note) for note in at.record().descriptors])


def _descriptor(note: bytes) -> DescriptorShown:
    read = read_descriptor(note)
    return DescriptorShown(
        read.party, read.names, read.serial, read.issued_ms, read.expires_ms, read.endpoints, note.decode()
    )


def index(at: At, _query: Query) -> tuple[IndexProgress, ...]:
    """Say how far the index of cases is behind."""
    lines = [each.line for each in at.services.store.lines() if at.allows("see-status", Matter(line=each.line))]
    return tuple([at.services.progress(line) for line in lines])


def catalogue(_at: At, _query: Query) -> CatalogueShown:
    """List the procedures."""
    return _catalogue()


def procedure(at: At, _query: Query) -> dict[str, Any]:
    """Give a procedure's definition whole: states, acts with the schema of their fields, duties, joint results."""
    found = next((each for each in CATALOGUE.procedures.values() if each.slug == at.path["procedure"]), None)
    if found is None:
        raise UserFault("procedure-unknown", at.path["procedure"][:64])
    return described(found)


@cache
def _catalogue() -> CatalogueShown:
    shown = [
        ProcedureShown(each.name, each.title, each.purpose, f"/procedures/{each.slug}")
        for each in CATALOGUE.procedures.values()
    ]
    return CatalogueShown(CATALOGUE_VERSION, catalogue_digest(), tuple(shown))


def _read(path: str, name: str, title: str, answers: Any, run: Any, **more: Any) -> Route:  # noqa: ANN401 - types and handlers
    about: dict[str, Any] = {"action": "see-status", "audit": Action.READ, **more}
    return Route(method="GET", path=path, name=name, title=title, answers={200: answers}, run=run, **about)


ROUTES: Final = (
    Route(
        method="GET",
        path="/health",
        name="health",
        title="Whether the node answers",
        action=OPEN,
        audit=Action.STATUS,
        answers={200: Health},
        run=health,
        apart=False,
    ),
    _read("/me", "me", "Who asks, of which node", Us, us, apart=False, audit=Action.STATUS),
    _read(
        "/lines",
        "lines",
        "The state of every line",
        tuple[LineStatus, ...],
        lines,
        apart=False,
        audit=Action.STATUS,
        tag="lines",
    ),
    _read(
        "/lines/{line}", "line", "The state of a line", LineStatus, line, apart=False, audit=Action.STATUS, tag="lines"
    ),
    _read("/lines/{line}/charter", "charter", "The line's charter", CharterShown, charter, tag="lines"),
    _read(
        "/lines/{line}/descriptors",
        "descriptors",
        "Both parties' descriptors",
        tuple[DescriptorShown, ...],
        descriptors,
        tag="lines",
    ),
    _read(
        "/index", "index", "How far the index of cases is behind", tuple[IndexProgress, ...], index, audit=Action.STATUS
    ),
    _read("/procedures", "procedures", "The catalogue of procedures", CatalogueShown, catalogue, tag="procedures"),
    _read(
        "/procedures/{procedure}",
        "procedure",
        "A procedure's definition",
        dict[str, Any],
        procedure,
        faults=("procedure-unknown",),
        tag="procedures",
    ),
)
