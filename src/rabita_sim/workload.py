"""What happens in a world besides faults of the disk: traffic, rotations, restores, couriers, a changing network.

Rules kept here: every choice comes from the world's generator; a seed's forced step gets a script that makes it occur.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec

from rabita.line.amendment import last_signer, read_amendment
from rabita.line.control import AMENDING, PROCEDURE, REVOCATION, ROTATION, Amending, Revoked, Rotation, fields_of
from rabita.line.document import document_digest
from rabita.line.entry import NO_APPROVALS, SENT, Act, PortionRef, encode
from rabita.line.errors import RabitaError
from rabita.line.events import Draft
from rabita.line.ids import PRECEDENCES, Lane, LogId
from rabita.line.keybook import era_at
from rabita.line.limits import INTEGER_MAX, PORTION_SALT_BYTES
from rabita.line.revocation import LogSize
from rabita.line.sealing import rotation_sizes
from rabita.line.state import OPEN
from rabita.services.exchange import Placed
from rabita.services.pairing import revoke as revoke_key
from rabita_sim.cast import GENERATIONS, amended

if TYPE_CHECKING:
    from rabita_sim.node import Node
    from rabita_sim.world import World

FAULTY_MS: Final = 12_000
AMENDED_EVERY: Final = 3
"""In one world of so many the charter is amended, up to three times."""
SIZES: Final = (40, 200, 900, 4_000)
SPEEDS: Final = ((10_000_000, 2), (1_000_000, 20), (100_000, 80), (8_000, 150))


def schedule(world: "World", step: str, target: str) -> None:
    """Put the whole life of a world up to its healing into the queue."""
    random, clock = world.clock.random, world.clock
    for _ in range(random.randrange(4, 9)):
        clock.at(random.randrange(10, FAULTY_MS), _burst(world))
    clock.at(random.randrange(10, FAULTY_MS // 2), _flash_behind_backlog(world))
    for node in world.nodes.values():
        clock.at(random.randrange(500, FAULTY_MS // 2), _backup(node))
    for make in random.choices(tuple(EVENTS), weights=tuple(EVENTS.values()), k=random.randrange(2, 7)):
        node = world.nodes[random.choice(world.codes)]
        clock.at(random.randrange(200, FAULTY_MS), make(world, node))
    if not world.villain and world.seed % AMENDED_EVERY == 0:
        for when_ms in (1_100, 4_700, 9_300):
            clock.at(when_ms, _amendment(world))
    script(world, step, target)


def script(world: "World", step: str, target: str) -> None:
    """Make sure that the forced step occurs on the node *target* within the next seconds."""
    clock, random = world.clock, world.clock.random
    node = world.nodes[target]
    other = world.nodes[node.peer]
    when = random.randrange(4_000, 7_000)
    often = (1_500, 3_000, when, 8_000)
    lose = ((800, _backup(node, only=True)), (1_300, _seal_some(world, node)))
    steps: dict[str, tuple[tuple[int, Callable[[], None]], ...]] = {
        "seal-rotation": ((when, _rotation(world, node)),),
        "receive-rotation": ((when, _rotation(world, other)),),
        "seal-opening": ((when, _restore(node, told=True)),),
        "receive-opening": ((when, _restore(other, told=True)),),
        "returned": (*lose, (when, _restore(node, told=True))),
        "freeze": (*lose, (when, _restore(node, told=True))),
        "behind": (*lose, (when, _restore(node, told=False))),
        "attest": tuple([(each, call) for each in often for call in _sealed_and_attested(world, node, node)]),
        "head": tuple([(each, call) for each in often for call in _sealed_and_attested(world, other, other)]),
        "audit": tuple([(each, _noise(node)) for each in often]),
        "seal-flash": tuple([(each, _seal_flash(world, node)) for each in often]),
        "receive-flash": tuple([(each, _seal_flash(world, other)) for each in often]),
        "stop": ((700, _seal_some(world, other)),),
        "accord": ((700, _seal_some(world, other)),),
    }
    some = tuple([(each, _seal_some(world, one)) for each in often for one in (node, other)])
    for delay_ms, call in steps.get(step, some):
        clock.after(delay_ms, call)


def _sealed_and_attested(world: "World", node: "Node", by: "Node") -> tuple[Callable[[], None], ...]:
    """Seal something, and a little later sign all heads with ML-DSA-44."""
    return (_seal_some(world, node), lambda: world.clock.after(600, _attest(world, by)))


def _burst(world: "World") -> Callable[[], None]:
    random = world.clock.random
    node = world.nodes[random.choice(world.codes)]
    acts = [
        (random.choice(PRECEDENCES), random.choice(SIZES), random.random() < 0.2, random.random() < 0.3)  # noqa: PLR2004 - one in five, three in ten
        for _ in range(random.randrange(1, 6))
    ]

    def burst() -> None:
        for lane, size_bytes, secret, words in acts:
            world.seal(node, lane, size_bytes, secret=secret, words=words)

    return burst


def _flash_behind_backlog(world: "World") -> Callable[[], None]:
    """Queue a backlog of ROUTINE on a slow link and then say something urgent."""
    random = world.clock.random
    node = world.nodes[random.choice(world.codes)]
    count = random.randrange(2, 7)

    def backlog() -> None:
        world.link.bytes_per_s, world.link.delay_ms = random.choice(SPEEDS[2:])
        for _ in range(count):
            world.seal(node, Lane.ROUTINE, 30_000, words=True)
        for delay_ms in (150, 600, 1_500):
            world.clock.after(delay_ms, lambda: world.seal(node, Lane.FLASH, 100))

    return backlog


def _seal_some(world: "World", node: "Node") -> Callable[[], None]:
    def some() -> None:
        for lane in (Lane.ROUTINE, Lane.IMMEDIATE):
            world.seal(node, lane, 120, secret=True, words=True)

    return some


def _seal_flash(world: "World", node: "Node") -> Callable[[], None]:
    return lambda: world.seal(node, Lane.FLASH, 80)


def _backup(node: "Node", *, only: bool = False) -> Callable[[], None]:
    def backup() -> None:
        node.backups = ([] if only else node.backups) + [node.disk.clone()]

    return backup


def _restore(node: "Node", *, told: bool) -> Callable[[], None]:
    return lambda: node.crash(node.backups[-1], told=told)


def _noise(node: "Node") -> Callable[[], None]:
    """Tell the node's audit trail something: a frame of no conversation ends one."""
    return lambda: node.received(node.state.session.id, (b"\xc1",)) if node.up and node.state.session else None


def _speed(world: "World", _node: "Node") -> Callable[[], None]:
    speed = world.clock.random.choice(SPEEDS)

    def change() -> None:
        world.link.bytes_per_s, world.link.delay_ms = speed

    return change


def _cut(world: "World", _node: "Node") -> Callable[[], None]:
    random = world.clock.random
    half_open, silence_ms = random.random() < 0.4, random.choice((0, 0, 800, 4_000))  # noqa: PLR2004 - four in ten

    def cut() -> None:
        world.link.cut(half_open=half_open)
        if silence_ms:
            world.link.usable = False
            world.clock.after(silence_ms, lambda: setattr(world.link, "usable", True))

    return cut


def _dial_both(world: "World", node: "Node") -> Callable[[], None]:
    def both() -> None:
        for each in (node, world.nodes[node.peer]):
            world.link.dial(each, world.nodes[each.peer])

    return both


def _jump(world: "World", node: "Node") -> Callable[[], None]:
    jump_ms = world.clock.random.choice((-5 * 365 * 86_400_000, 86_400_000, 3_600_000, -3_600_000, 400 * 86_400_000))

    def jump() -> None:
        node.offset_ms += jump_ms

    return jump


def _power_cut(_world: "World", node: "Node") -> Callable[[], None]:
    return lambda: node.crash()  # noqa: PLW0108 - the node's crash as it is then, without arguments


def _attest(_world: "World", node: "Node") -> Callable[[], None]:
    return lambda: node.enter(lambda exchange: exchange.attest())


def _courier(world: "World", node: "Node") -> Callable[[], None]:
    """Let a courier take a bundle: late, perhaps twice, perhaps without its tail."""
    random = world.clock.random
    delays = [random.randrange(300, 9_000) for _ in range(random.choice((1, 1, 2)))]
    kept = random.choice((1.0, 1.0, 0.5))

    def export() -> None:
        frames = node.export() if node.up else []
        peer = world.nodes[node.peer]
        carried = frames[: max(1, int(len(frames) * kept))]
        for delay_ms in delays if frames else ():
            world.clock.after(delay_ms, lambda: peer.import_bundle(carried))

    return export


def _rotation(world: "World", node: "Node") -> Callable[[], None]:
    """Rotate the node's keys; logs that grew meanwhile make the officer prepare it again."""
    tries = 0

    def rotate() -> None:
        nonlocal tries
        tries += 1
        ready = node.up and not node.state.behind and not node.running.queued
        if ready and tries < 20:  # noqa: PLR2004 - gives up
            serial = node.state.facts.books[node.code].newest.serial
            if serial < GENERATIONS:
                draft = rotation_draft(world, node, serial)
                node.seal(draft, Lane.CONTROL, answered)
        elif tries < 20:  # noqa: PLR2004 - likewise
            world.clock.after(500, rotate)

    def answered(answer: Placed | RabitaError) -> None:
        world.clock.say(node.code, f"rotation: {answer}")
        if isinstance(answer, RabitaError):
            world.clock.after(250, rotate)

    return rotate


def _amendment(world: "World") -> Callable[[], None]:
    """Let whoever signs the next charter last seal it, if its node can."""

    def amend() -> None:
        for node in world.nodes.values():
            if node.up and not node.state.behind:
                newest = node.state.charters[-1]
                if last_signer(newest.charter, newest.number + 1) == node.code:
                    draft = amendment_draft(world, node, amended(node.cast.line, newest))
                    node.seal(draft, Lane.CONTROL, lambda answer: world.clock.say("world", f"amendment: {answer}"))
                    return

    return amend


def amendment_draft(world: "World", node: "Node", note: bytes) -> Draft:
    """Write the sealing of an amendment."""
    parsed, body = read_amendment(note)
    sent = world.clock.random.randbytes(PORTION_SALT_BYTES) + note
    form = Amending(body.charter.version, document_digest(parsed.text).hex())
    return _control(world, node, AMENDING, form, (sent,))


def rotation_draft(world: "World", node: "Node", serial: int) -> Draft:
    """Write the rotation to the node keys after generation *serial*."""
    party = node.cast.parties[node.code]
    sizes = tuple([LogSize(*log, size) for log, size in rotation_sizes(node.state).items()])
    return _control(world, node, ROTATION, Rotation(party.notes[serial].decode(), sizes))


def _control(world: "World", node: "Node", name: str, form: msgspec.Struct, sent: tuple[bytes, ...] = ()) -> Draft:
    act = Act(
        line=node.cast.line,
        author=node.code,
        precedence=Lane.CONTROL,
        id=world.clock.random.randbytes(16).hex(),
        seal_before_ms=INTEGER_MAX,
        kind="exercise",
        procedure=PROCEDURE,
        act=name,
        fields=fields_of(form),
        portions=tuple([PortionRef(sha256(raw).hexdigest(), SENT, "CLEAR") for raw in sent]),
    )
    return Draft(encode(act), NO_APPROVALS, sent)


def _revocation(world: "World", node: "Node") -> Callable[[], None]:
    """Rotate, and once the counterpart holds that, revoke the oldest keys where they counted last."""
    rotate, tries = _rotation(world, node), 0

    def revoke() -> None:
        nonlocal tries
        tries += 1
        ready = node.up and not node.state.behind and _is_past(node)
        if ready:
            node.seal(revocation_draft(world, node), Lane.CONTROL, answered)
        elif tries < 20:  # noqa: PLR2004 - gives up
            world.clock.after(500, revoke)

    def answered(answer: Placed | RabitaError) -> None:
        world.clock.say(node.code, f"revocation: {answer}")
        if not isinstance(answer, RabitaError):
            node.revocation_done()

    def begin() -> None:
        rotate()
        world.clock.after(1_000, revoke)

    return begin


def _is_past(node: "Node") -> bool:
    """Say whether the oldest keys sign nothing any more, and the counterpart knows it, and all they signed is here."""
    state = node.state
    session = state.session
    closed = [row for log, row in state.logs.items() if log.party == node.code and log.epoch < state.epochs[node.code]]
    whole = all(OPEN < row.frozen_at <= row.frontier.size for row in closed)
    if session is None or not session.met or session.floors or session.unsure or not whole:
        return False
    book = state.facts.books[node.code]
    control = state.logs[LogId(node.code, state.epochs[node.code], Lane.CONTROL)]
    growing = [row for log, row in state.logs.items() if log.party == node.peer or log.epoch == control.log.epoch]
    past = all(era_at(book, row.log, row.frontier.size + 1) != book.eras[0].descriptor for row in growing)
    return past and control.receipted == control.frontier.size > 0


def revocation_draft(world: "World", node: "Node") -> Draft:
    """Write the revocation of the node's oldest keys, good up to what all logs hold now."""
    party = node.cast.parties[node.code]
    oldest = party.descriptors[0]
    sizes = [LogSize(*log, row.frontier.size) for log, row in sorted(node.state.logs.items())]
    note = revoke_key(party.ring, oldest, oldest.checkpoint.ed25519, sizes, node.now_ms())
    return _control(world, node, REVOCATION, Revoked(note.decode()))


def _purge(world: "World", node: "Node") -> Callable[[], None]:
    """Purge the words of some entries that the author knows to be receipted, on one side or on both."""
    random = world.clock.random
    chance, both = random.choice((0.2, 0.6, 1.0)), random.random() < 0.5  # noqa: PLR2004 - every other time

    def purge() -> None:
        for author in world.nodes.values() if not world.villain else ():
            known = author.state.logs.items() if author.up else ()
            for log, row in sorted(known):
                words = log.party == author.code and log.lane is not Lane.CONTROL
                if words and row.nonce == _nonce_held(world.nodes[author.peer], log):
                    for index in range(row.receipted):
                        if random.random() < chance:
                            for each in world.nodes.values() if both else (node,):
                                each.purge(log, index)

    return purge


def _nonce_held(node: "Node", log: LogId) -> str:
    return {row.log: row.nonce for row in node.disk.logs(node.cast.line)}.get(log, "")


def _low_disk(world: "World", node: "Node") -> Callable[[], None]:
    """Let the disk run low for a while."""
    while_ms = world.clock.random.choice((1_000, 4_000, 20_000))

    def low() -> None:
        node.room(low=True)
        world.clock.after(while_ms, lambda: node.room(low=False))

    return low


EVENTS: Final = {
    _speed: 4,
    _cut: 3,
    _dial_both: 2,
    _jump: 2,
    _power_cut: 2,
    _attest: 1,
    _courier: 2,
    _rotation: 1,
    _revocation: 1,
    _purge: 2,
    _low_disk: 2,
}
"""What may happen besides traffic, and how often."""
