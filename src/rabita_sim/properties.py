"""The eight guarantees of the line, each a named check of a world that has healed and fallen quiet.

What can only be seen while it happens (a receipt before its entry, a frame out of turn) is seen by ``watch`` and bears
the same names. Every check raises ``Broken``.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from rabita.line import signature
from rabita.line.descriptor import checkpoint_keys, receipt_keys
from rabita.line.entry import entry_bytes
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId, origin
from rabita.line.limits import BATCH_WIRE_BYTES_MAX, CREDIT_BYTES
from rabita.line.merkle import EMPTY, append, root
from rabita.line.note import VerifierKey, parse_checkpoint, parse_note
from rabita.line.record import LogRow
from rabita.line.state import OPEN, load
from rabita.services.recovery import InForce, acts_in_force
from rabita_sim.clock import Broken
from rabita_sim.ledger import MARKER, act_id_of

if TYPE_CHECKING:
    from rabita_sim.node import Node
    from rabita_sim.world import World

ALL: Final = 1_000_000
DAY_MS: Final = 86_400_000
AUDIT_ROWS_MAX: Final = 400
EVIDENCE_ROWS_MAX: Final = 20


def durable(world: "World") -> None:
    """1. Every seal that returned is in its author's store, unless its disk was lost and nobody else had it."""
    for each in world.ledger.answered:
        node = world.nodes[each.party]
        if node not in world.honest:
            continue
        held = node.disk.entry(node.cast.line, each.log, each.index)
        if each.disks == len(node.rolled) and (held is None or held.row.entry.act != each.act):
            raise Broken("durable", f"{each.log} {each.index} was sealed and is not there")
        other = world.nodes[node.peer]
        lost = not node.disk.acts(node.cast.line, each.act_id)
        if lost and not world.villain and each.act_id in {one.act_id for one in _common(other, node, each.party)}:
            raise Broken("durable", f"{each.log} {each.index}: its author lost it, the counterpart did not return it")
    for node in world.honest:
        for log, index in sorted(node.purged):
            held = node.disk.entry(node.cast.line, log, index)
            if held is not None and any(raw is not None for raw in held.row.entry.portions):
                raise Broken("durable", f"{node.code} holds the words of {log} {index} again, which it had purged")


def _in_force(node: "Node") -> set[bytes]:
    return {each.act_id for each in acts_in_force(node.disk, node.cast.line, node.code)}


def _common(node: "Node", other: "Node", party: str) -> list[InForce]:
    """List the acts in force in logs that are the same for both, leaving out acts that also stand in others.

    An epoch whose number was taken is not the same, nor is a log of which its author has set another history apart.
    """
    line = node.cast.line
    theirs = {row.log: row for row in other.disk.logs(line)}
    apart = {
        row.log
        for row in node.disk.logs(line)
        if row.log in theirs and (theirs[row.log].nonce != row.nonce or _set_apart(row) or _set_apart(theirs[row.log]))
    }
    elsewhere = {
        each.act_id for one in (node, other) for each in acts_in_force(one.disk, line, party) if each.log in apart
    }
    return [each for each in acts_in_force(node.disk, line, party) if each.act_id not in elsewhere]


def _set_apart(row: LogRow) -> bool:
    return row.stopped == "tail-contradicted"


def delivered(world: "World") -> None:
    """2. Every act in its author's store is with the counterpart, once, in the author's order."""
    for node in world.honest:
        line, other = node.cast.line, world.nodes[node.peer]
        ours = [each.act_id for each in _common(node, other, node.code)]
        theirs = [each.act_id for each in _common(other, node, node.code)]
        if ours != theirs or len(set(ours)) != len(ours):
            raise Broken("delivered", f"{node.code} has {len(ours)} acts in force, {other.code} {len(theirs)} of them")
        standing = _in_force(node) | {act_id_of(act) for act in node.wordless}
        for each in world.ledger.answered:
            known = each.party == node.code and each.log.lane is not Lane.CONTROL
            if known and node.disk.acts(line, each.act_id) and each.act_id not in standing:
                raise Broken("delivered", f"{each.log} {each.index} is in its author's store and nowhere in force")


def receipted(world: "World") -> None:
    """3. Every receipt held is the counterpart's signed word over exactly what it holds, and outlives an epoch."""
    for node in world.honest:
        other = world.nodes[node.peer]
        for row in other.disk.logs(node.cast.line):
            mine = node.state.logs.get(row.log)
            same = mine is not None and row.log.party == node.code and mine.nonce == row.nonce
            if mine is not None and same and row.frozen_at != OPEN and row.frozen_at < mine.receipted:
                raise Broken(
                    "receipted", f"{row.log} is frozen at {row.frozen_at}, below a receipt over {mine.receipted}"
                )
        for row in node.disk.logs(node.cast.line):
            if row.receipt and row.log.party == node.code:
                _signed_by_one_of(
                    row.receipt, [receipt_keys(each)[0] for each in other.cast.parties[other.code].descriptors]
                )
        for row in node.disk.logs(node.cast.line):
            if row.log.party != node.code or not row.receipted or world.nodes[node.peer].rolled:
                continue
            checkpoint = parse_checkpoint(parse_note(row.receipt).text)
            note = other.disk.note(node.cast.line, row.log, row.receipted)
            if note is None or parse_checkpoint(parse_note(note).text) != checkpoint:
                raise Broken("receipted", f"{row.log} {row.receipted} is receipted and {other.code} does not hold it")


def _signed_by_one_of(raw: bytes, keys: Sequence[VerifierKey]) -> None:
    note = parse_note(raw)
    present = {(each.name, each.key_id) for each in note.signatures}
    key = next((key for key in keys if (key.name, key.key_id) in present), None)
    try:
        signature.verify_note(note, key or keys[0])
    except PeerFault as fault:
        raise Broken("receipted", f"a receipt is kept that nobody signed: {fault}") from fault


def undeniable(world: "World") -> None:
    """4. All checkpoints of a log tell of one history, or the proof that they do not is kept and its lane stopped."""
    line = world.cast.line
    for node in world.honest:
        for log, row in {row.log: row for row in node.disk.logs(line)}.items():
            name = origin(line, log, row.nonce)
            _one_history(node, log)
            author = world.nodes[log.party]
            if author in world.honest and not author.untold and name in world.watch.doubled:
                raise Broken("undeniable", f"{name} has two roots at {world.watch.doubled[name]}")
        if node.disk.evidence(line) and not world.villain and not world.nodes[node.peer].untold:
            raise Broken("undeniable", f"{node.code} accuses an honest counterpart: {node.disk.evidence(line)[0].code}")
        _newest_key(node)
        _revoked_key(node, world)
    if world.malice is not None:
        world.malice.must_be_proven()


def _newest_key(node: "Node") -> None:
    """See that what was sealed after a rotation is signed by the new key."""
    book = node.state.facts.books[node.code]
    if len(book.eras) == 1:
        return
    for log, after in book.eras[-1].after.items():
        row = node.state.logs.get(log)
        if (
            row is not None
            and log.party == node.code
            and row.frontier.size > after
            and log.epoch == node.state.epochs[node.code]
        ):
            key = checkpoint_keys(book.newest, origin(node.cast.line, log, row.nonce))[0]
            if key.key_id not in [each.key_id for each in parse_note(row.note).signatures]:
                raise Broken("undeniable", f"{log} {row.frontier.size} is signed by a key that was rotated away")


def _revoked_key(node: "Node", world: "World") -> None:
    """See that a revocation that is in force for its author is so for the counterpart, and after a restart too."""
    line, other = node.cast.line, world.nodes[node.peer]
    books = [load(each.disk.snapshot(line)).facts.books[node.code] for each in (node, other)]
    cut = [[era.descriptor.serial for era in book.eras if era.good_until is not None] for book in books]
    if not other.rolled and not node.rolled and (cut[0] != cut[1] or (node.revoked and not cut[0])):
        raise Broken("undeniable", f"{node.code} revoked the keys of {cut[0]}, which {other.code} takes for {cut[1]}")


def _one_history(node: "Node", log: LogId) -> None:
    """Recompute the roots of a log kept; every note kept must be over one of them."""
    line, tree, size = node.cast.line, EMPTY, 0
    for at, note, cosigned in node.disk.notes(line, log, 0, ALL):
        tree = append(tree, node.disk.leaves(line, log, size, at))
        size = at
        for raw in (note, cosigned) if cosigned else (note,):
            checkpoint = parse_checkpoint(parse_note(raw).text)
            if (checkpoint.size, checkpoint.root) != (at, root(tree)):
                raise Broken("undeniable", f"{node.code} keeps a note over {log} {at} that is not of its entries")


def convergent(world: "World") -> None:
    """5. Both stores read the same: the same acts in force, each entry understood alike."""
    one, two = world.nodes.values()
    for party in [node.code for node in world.honest]:
        if _readings(one, two, party) != _readings(two, one, party):
            raise Broken("convergent", f"the two stores read the acts of {party} differently")
    numbers = [[each.digest[:12] for each in node.state.charters] for node in (one, two) if node.up]
    if not world.villain and len(numbers) > 1 and numbers[0] != numbers[1]:
        raise Broken("convergent", f"the two sides have other versions of the charter: {numbers}")
    for node in world.honest:
        if "charter-false" in node.told_codes and not (world.villain or any(one.untold for one in world.honest)):
            raise Broken("convergent", f"{node.code} finds a charter version false that an honest node named")


def _readings(node: "Node", other: "Node", party: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for each in _common(node, other, party):
        held = node.disk.entry(node.cast.line, each.log, each.index)
        if held is not None:
            row = held.row
            words = () if (each.log, each.index) in node.world.purged else row.entry.portions
            found.append((each, row.leaf, row.n, row.prev, row.seen, row.fault, words))
    return found


def urgent_first(world: "World") -> None:
    """6. No FLASH entry is left waiting behind others (what went before each is counted as it happens)."""
    for node in world.honest:
        session = node.state.session
        plans = session.sending if session is not None and not world.villain else {}
        waiting = [log for log, plan in plans.items() if log.lane is Lane.FLASH and plan.data and not plan.blocked]
        if any(node.state.logs[log].frozen_at != 0 for log in waiting):
            raise Broken("urgent first", f"{node.code} still has FLASH to send")


def contained(world: "World") -> None:
    """7. Nothing escaped a node (seen as it happens), and what a peer makes it keep is bounded."""
    for node in world.honest:
        if len(node.disk.audit(ALL)) > AUDIT_ROWS_MAX or len(node.disk.evidence(node.cast.line)) > EVIDENCE_ROWS_MAX:
            raise Broken("contained", f"{node.code} was made to keep {len(node.disk.audit(ALL))} audit rows")
        _within_quota(node)
        session = node.state.session
        if session is not None and not world.villain and (session.receiving or session.waiting):
            raise Broken("contained", f"{node.code} keeps pieces of batches nobody sends")


def _within_quota(node: "Node") -> None:
    """See that no lane of a day holds more than its quota, the credit under way and one batch."""
    used: Counter[tuple[Lane, int]] = Counter()
    for each in node.disk.listed(node.cast.line, node.peer, 0, ALL):
        used[each.log.lane, each.held_ms // DAY_MS] += entry_bytes(each.row.entry)
    for (lane, _), size_bytes in used.items():
        allowed = node.cast.charter.terms(lane).bytes_per_day + CREDIT_BYTES + BATCH_WIRE_BYTES_MAX
        if size_bytes > allowed and lane is not Lane.CONTROL and not node.rolled:
            raise Broken("contained", f"{node.code} took {size_bytes} bytes of {lane} in a day, over {allowed}")


def confidential(world: "World") -> None:
    """8. What was withheld is in no audit row and in nothing the counterpart holds (frames are seen as they leave)."""
    for node in world.nodes.values():
        if any(MARKER.decode() in row.detail for row in node.disk.audit(ALL)):
            raise Broken("confidential", f"the audit trail of {node.code} holds a withheld portion")
        for each in node.disk.listed(node.cast.line, node.peer, 0, ALL):
            if any(MARKER in (raw or b"") for raw in (*each.row.entry, *each.row.withheld) if isinstance(raw, bytes)):
                raise Broken("confidential", f"{node.code} holds what its counterpart withheld")


GUARANTEES: Final[dict[str, Callable[["World"], None]]] = {
    "durable": durable,
    "delivered": delivered,
    "receipted": receipted,
    "undeniable": undeniable,
    "convergent": convergent,
    "urgent first": urgent_first,
    "contained": contained,
    "confidential": confidential,
}
