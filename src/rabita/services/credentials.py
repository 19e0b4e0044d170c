"""Officers' passkeys as approval keys of a line: what the line is to be told of them, and what it is told no more.

Rules kept here: one credential per passkey and post, named by a digest of the two, so that nothing of a person crosses.
It carries the approving roles held at the post now; none while the officer or the passkey is suspended, no role is held
there, the accreditation to the post is still to come or its tour is over: all of which may change again. A passkey or
an officer revoked, or an accreditation ended by an act, revokes it: for good, so whoever comes back enrols a new
passkey. What stands on the line without an officer here who could use it is revoked too.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from rabita.line.approvals import END, revoked_at
from rabita.line.control import Facts
from rabita.line.errors import UserFault
from rabita.line.verify import WEBAUTHN, Credential
from rabita.procedures.engine.held import FOREIGN_MINISTRY
from rabita.services.authority import ENDED, IN_FORCE, NONE
from rabita.services.officers import Passkey, Role, Standing, Tenure
from rabita.services.people import Known

APPROVES: Final[Mapping[Role, str]] = {
    Role.DRAFTER: "drafter",
    Role.RELEASER: "releaser",
    Role.FOREIGN_MINISTRY_DESK: FOREIGN_MINISTRY,
}
"""The role in which an officer's role approves acts."""
_X: Final = bytes.fromhex("a5010203262001215820")
_Y: Final = bytes.fromhex("225820")
_COSE_BYTES: Final = 77
_UNCOMPRESSED: Final = b"\x04"


class Plan(NamedTuple):
    """What a line is to be told: keys to revoke, then credentials to publish."""

    revoke: tuple[str, ...]
    publish: tuple[Credential, ...]


def point_of(cose: bytes) -> bytes:
    """Give the point (65 bytes, SEC 1) of an ES256 key as authenticators write it (CTAP 2.1, 8: canonical CBOR).

    Raises ``UserFault("passkey-refused")`` for a key of any other kind.
    """
    x, y = cose[len(_X) : len(_X) + 32], cose[-32:]
    if len(cose) != _COSE_BYTES or cose != _X + x + _Y + y:
        raise UserFault("passkey-refused")
    return _UNCOMPRESSED + x + y


def approval_key(point: bytes, post: str) -> str:
    """Name the credential of a passkey at a post: the same passkey has another name at another post."""
    return sha256(point + b"\n" + post.encode()).hexdigest()


def credential_of(passkey: Passkey, post: str, roles: tuple[str, ...], relying_party: str, origin: str) -> Credential:
    """Write the credential of a passkey at a post; raises as ``point_of``."""
    point = point_of(passkey.public_key)
    return Credential(approval_key(point, post), post, roles, WEBAUTHN, point, relying_party, (origin,))


def approving_roles(tenures: Iterable[Tenure]) -> dict[str, tuple[str, ...]]:
    """Give by post the roles in which whoever holds these tenures approves acts; posts without any are left out."""
    held: dict[str, dict[str, None]] = {}
    for role, name in APPROVES.items():
        for each in tenures:
            if each.role is role:
                held.setdefault(each.post, {})[name] = None
    return {post: tuple(names) for post, names in held.items()}


def plan(
    facts: Facts, us: str, everyone: Iterable[Known], accreditation: Callable[[str], str], origin: str, now_ms: int
) -> Plan:
    """Say what a line lacks; *facts* are the line's, *accreditation* as ``authority.Posts.standing``.

    *origin* is where officers show their passkeys to this node; while it is empty nothing new is published.
    """
    wanted = _wanted(everyone, accreditation, origin, now_ms)
    standing = {each.key: each for each in _ours(facts, us) if each.algorithm == WEBAUTHN}
    revoke = [key for key in standing if wanted.get(key) is None]
    publish = []
    for key, credential in wanted.items():
        before = standing.get(key)
        if credential is None or revoked_at(facts.history(us, key)) != END:
            continue
        said = credential if origin or before is None else replace(before, roles=credential.roles)
        if said != before and (before is not None or (origin and said.roles)):
            publish.append(said)
    return Plan(tuple(revoke), tuple(publish))


def next_change_ms(everyone: Iterable[Known], now_ms: int) -> int:
    """Give when a tenure begins or ends next, 0 where none does."""
    times = [time for each in everyone for tenure in each.tenures for time in (tenure.from_ms, tenure.until_ms)]
    return min([time for time in times if time > now_ms], default=0)


def standing_of(facts: Facts, us: str, known: Known) -> tuple[tuple[Passkey, Credential], ...]:
    """List the credentials of an officer's passkeys that stand on a line, each with its passkey."""
    found = []
    for passkey, post in _held_anywhere(known):
        credential = facts.credentials.get(f"{us}/{approval_key(point_of(passkey.public_key), post)}")
        found += [(passkey, credential)] if credential is not None else []
    return tuple(found)


def _wanted(
    everyone: Iterable[Known], accreditation: Callable[[str], str], origin: str, now_ms: int
) -> dict[str, Credential | None]:
    """Give by key the credential that is to stand, None where it is to be revoked."""
    relying_party, wanted = urlsplit(origin).hostname or "", {}
    for known in everyone:
        roles = approving_roles([each for each in known.tenures if each.holds(now_ms)])
        for passkey, post in _held_anywhere(known):
            standings, accredited = {known.officer.standing, passkey.standing}, accreditation(post)
            usable = standings == {Standing.ACTIVE} and accredited in (NONE, IN_FORCE)
            credential = credential_of(passkey, post, roles.get(post, ()) if usable else (), relying_party, origin)
            ended = Standing.REVOKED in standings or accredited == ENDED
            wanted[credential.key] = None if ended else credential
    return wanted


def _held_anywhere(known: Known) -> list[tuple[Passkey, str]]:
    """Pair each ES256 passkey of an officer with each post that the officer holds or held a role at."""
    posts = dict.fromkeys([each.post for each in known.tenures])
    return [(passkey, post) for passkey in known.passkeys if _is_es256(passkey) for post in posts]


def _is_es256(passkey: Passkey) -> bool:
    try:
        point_of(passkey.public_key)
    except UserFault:
        return False
    return True


def _ours(facts: Facts, us: str) -> list[Credential]:
    return [each for name, each in facts.credentials.items() if name.startswith(f"{us}/")]
