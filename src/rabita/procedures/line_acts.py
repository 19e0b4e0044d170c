"""Acts of the line itself (key rotation, revocation, credentials, epoch opening), shown on the desk like procedures.

They are not of this catalogue: the line applies them (2-line, ``rabita.line.control``), by position in the logs and
never by time, and no suspension touches them. This is a view: what each said, whether it counts, and from which sizes
of which logs on.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from rabita.line.control import (
    AMENDING,
    CREDENTIAL,
    CREDENTIAL_REVOCATION,
    OPENING,
    REVOCATION,
    ROTATION,
    Amending,
    Facts,
    Opening,
    Revoked,
    RevokedCredential,
    Rotation,
    apply_control,
    control_form,
)
from rabita.line.entry import Act, Stamp
from rabita.line.ids import LogId
from rabita.line.revocation import read_revocation
from rabita.line.verify import Credential
from rabita.procedures.engine.say import ENGLISH, Reader

KEY_CHARS: Final = 12

WORDS: Final = {
    ROTATION: "{author} changed the keys of its node (descriptor {serial}); the old ones count up to: {positions}.",
    REVOCATION: "{author} revoked its key {key}; what that key signed counts up to: {positions}.",
    CREDENTIAL: "{author} published the approval key {key} of its post {post}.",
    CREDENTIAL_REVOCATION: "{author} revoked the approval key {key}; it approves nothing from here on.",
    AMENDING: "{author} sealed version {serial} of the charter; both roots have signed it.",
    OPENING: "{author} opened epoch {epoch}; of the one before it last held: {positions}.",
    "position": "{party} {lane}, epoch {epoch}: {size}",
    "nothing": "nothing",
    "unreadable": "{author} sent an act of the line that this version cannot read.",
}


class Standing(StrEnum):
    """What became of an act of the line."""

    IN_FORCE = "in force"
    REFUSED = "not in force"
    LATE = "late, not in force"


class ControlEntry(NamedTuple):
    """An entry of a control lane: its act and stamp as read (None where they cannot be), whether it came in time.

    ``index`` counts from 0 in its log; ``portions`` are what it brings along.
    """

    author: str
    digest: str
    act: Act | None
    stamp: Stamp | None
    in_force: bool = True
    index: int = 0  # type: ignore[assignment]  # - not the tuple method
    portions: tuple[bytes | None, ...] = ()


class LineAct(NamedTuple):
    """One act of the line: its kind, how it stands and why, and the log sizes from which (or up to which) it counts.

    ``key`` names the revoked or published key, ``serial`` the new descriptor or charter version, ``post`` the post of a
    credential; each is empty or 0 where the act has none.
    """

    kind: str
    author: str
    digest: str
    epoch: int
    n: int
    standing: Standing
    because: str = ""
    positions: tuple[tuple[LogId, int], ...] = ()
    key: str = ""
    serial: int = 0
    post: str = ""


def line_acts(facts: Facts, entries: Iterable[ControlEntry]) -> tuple[LineAct, ...]:
    """View acts of the line, in the order in which this node applied them; *facts* are those at pairing.

    An entry that came late changes nothing, like one that breaks the line's rules.
    """
    found = []
    for entry in entries:
        after, code = facts, "" if entry.in_force else "epoch-closed"
        if entry.in_force and entry.stamp is not None:
            after, code = apply_control(facts, entry.author, entry.act, entry.stamp, entry.index, entry.portions)
        found.append(_view(entry, facts, after, code))
        facts = after
    return tuple(found)


def say_line_act(each: LineAct, reader: Reader = ENGLISH) -> str:
    """Say what an act of the line says, in the reader's language."""
    written = [
        reader.translate(WORDS["position"]).format(
            party=reader.party(log.party), lane=log.lane.value, epoch=log.epoch, size=size
        )
        for log, size in each.positions
    ]
    return reader.translate(WORDS.get(each.kind, WORDS["unreadable"])).format(
        author=reader.party(each.author),
        serial=each.serial,
        key=each.key[:KEY_CHARS],
        post=each.post,
        epoch=each.epoch,
        positions="; ".join(written) or reader.translate(WORDS["nothing"]),
    )


def _view(entry: ControlEntry, before: Facts, after: Facts, code: str) -> LineAct:
    form = control_form(entry.act)
    code = code or ("not-computed" if form is None else "")
    refused = Standing.REFUSED if code else Standing.IN_FORCE
    epoch, n = (entry.stamp.epoch, entry.stamp.n) if entry.stamp is not None else (0, 0)
    kind = entry.act.act if form is not None and entry.act is not None else ""
    standing = refused if entry.in_force else Standing.LATE
    view = LineAct(kind, entry.author, entry.digest, epoch, n, standing, code)
    if isinstance(form, Credential | RevokedCredential):
        return view._replace(key=form.key, post=form.post if isinstance(form, Credential) else "")
    if isinstance(form, Amending):
        return view._replace(serial=form.version)
    if isinstance(form, Opening):
        return view._replace(positions=_sorted({each.log: each.size for each in form.heads}))
    if isinstance(form, Rotation) and not code:
        era = after.books[entry.author].eras[-1]
        return view._replace(positions=_sorted(era.after), serial=era.descriptor.serial)
    if isinstance(form, Revoked) and not code:
        body = read_revocation(form.revocation.encode(), before.books[entry.author].newest)
        return view._replace(positions=_sorted({each.log: each.size for each in body.sizes}), key=body.key.hex())
    return view


def _sorted(sizes: Mapping[LogId, int]) -> tuple[tuple[LogId, int], ...]:
    return tuple(sorted(sizes.items()))
