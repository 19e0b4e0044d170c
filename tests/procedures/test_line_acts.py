"""Key rotation, revocation, credentials and epoch openings, shown like procedures: what counts, and from where on."""

from typing import Final

import msgspec
import pytest

from rabita.line.amendment import founding
from rabita.line.control import (
    AMENDING,
    CREDENTIAL,
    CREDENTIAL_REVOCATION,
    OPENING,
    REVOCATION,
    ROTATION,
    Facts,
    Opening,
    Revoked,
    RevokedCredential,
    Rotation,
)
from rabita.line.document import REVOCATION as REVOCATION_TITLE
from rabita.line.document import document_text
from rabita.line.entry import Act, Stamp
from rabita.line.ids import Lane, LogId
from rabita.line.keybook import era_at, first_era
from rabita.line.revocation import LogSize, Revocation
from rabita.line.verify import Credential
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.say import Reader
from rabita.procedures.line_acts import ControlEntry, LineAct, Standing, line_acts, say_line_act
from tests.line.amending import amended, amending
from tests.line.founders import LINE, THEM, US, member, terms
from tests.line.players import act_of, control

FLASH: Final = LogId(THEM, 1, Lane.FLASH)
OURS: Final = LogId(US, 1, Lane.ROUTINE)
FIRST: Final = member(THEM).descriptors[0]
CREDENTIAL_OF_A_POST: Final = Credential("k1", "duty officer", ("release",), "ed25519", bytes(32))


def facts() -> Facts:
    return Facts({code: first_era(member(code).descriptors[0]) for code in (US, THEM)}, {})


def entry(act: Act | None, *, in_force: bool = True, n: int = 3, seen: int = 0) -> ControlEntry:
    stamp = Stamp(LINE, THEM, 1, Lane.CONTROL, 1, n, "", 1, (0, 0, 0, 0, seen), 0)
    return ControlEntry(THEM, f"{n:064x}", act, stamp if act is not None else None, in_force, n)


def rotation(generation: int = 2, size: int = 3) -> Act:
    note = member(THEM).issued(member(THEM).descriptors[generation - 1]).decode()
    return control(THEM, ROTATION, Rotation(note, (LogSize(*FLASH, size),)))


def revocation(size: int = 4) -> Act:
    body = Revocation(THEM, FIRST.receipt.ed25519, (LogSize(*FLASH, size),), 0)
    return control(THEM, REVOCATION, Revoked(member(THEM).signed(document_text(REVOCATION_TITLE, body)).decode()))


def one(found: ControlEntry) -> LineAct:
    [view] = line_acts(facts(), [found])
    return view


def test_a_key_rotation_activates_by_position() -> None:
    """3-procedures, key rotation: activation by position: the sizes of all logs at that point, and receipts given."""
    view = one(entry(rotation(), seen=7))
    assert (view.kind, view.standing, view.serial, view.epoch, view.n) == (ROTATION, Standing.IN_FORCE, 2, 1, 3)
    assert dict(view.positions)[FLASH] == 3
    assert dict(view.positions)[OURS] == 7
    assert "descriptor 2" in say_line_act(view)
    assert "X-IRN FLASH, epoch 1: 3" in say_line_act(view)


def test_a_revocation_counts_up_to_the_last_good_sizes() -> None:
    """3-procedures, revocation: activation by position: a root-signed revocation names the last good sizes."""
    view = one(entry(revocation()))
    assert (view.standing, view.positions) == (Standing.IN_FORCE, ((FLASH, 4),))
    assert view.key == FIRST.receipt.ed25519.hex()
    assert view.key[:12] in say_line_act(view, Reader(names={THEM: "Iran"}))
    assert say_line_act(view, Reader(names={THEM: "Iran"})).startswith("Iran revoked")


def test_acts_of_the_line_follow_one_another() -> None:
    """2-line: a rotation by descriptors that succeed one another; an older one changes nothing and says why."""
    views = line_acts(facts(), [entry(rotation(3)), entry(rotation(2), n=4), entry(revocation(), n=5)])
    assert [each.standing for each in views] == [Standing.IN_FORCE, Standing.REFUSED, Standing.IN_FORCE]
    assert views[1].because == "descriptor-old"
    assert (views[1].positions, views[1].serial) == ((), 0)


def test_what_came_late_or_is_not_authentic_is_shown_and_changes_nothing() -> None:
    """2-line, epochs: entries that turn up later are shown late, not in force."""
    late = entry(rotation(), in_force=False)
    views = line_acts(facts(), [late, entry(rotation())])
    assert [(each.standing, each.because) for each in views] == [
        (Standing.LATE, "epoch-closed"),
        (Standing.IN_FORCE, ""),
    ]
    false = control(THEM, REVOCATION, Revoked("nothing"))
    assert (one(entry(false)).standing, one(entry(false)).because) == (Standing.REFUSED, "note-malformed")
    assert era_at(facts().books[THEM], FLASH, 99) == FIRST


def test_an_amendment_says_which_version_it_brings() -> None:
    """3-procedures, charter amendment: shown on the desk like procedures."""
    first = founding(LINE, terms())
    known = facts()._replace(first=first)
    note = amended(first)
    stamped = entry(amending(THEM, note))._replace(portions=(bytes(16) + note,))
    [view] = line_acts(known, [stamped])
    assert (view.kind, view.standing, view.serial) == (AMENDING, Standing.IN_FORCE, 2)
    assert "version 2 of the charter" in say_line_act(view)
    [bare] = line_acts(known, [stamped._replace(portions=())])
    assert (bare.standing, bare.because) == (Standing.REFUSED, "portion-missing")


def test_credentials_name_the_post_and_no_person() -> None:
    """3-procedures, accreditation: posts and release credentials cross the line."""
    view = one(entry(control(THEM, CREDENTIAL, CREDENTIAL_OF_A_POST)))
    assert (view.kind, view.key, view.post) == (CREDENTIAL, "k1", "duty officer")
    assert "duty officer" in say_line_act(view)


def test_a_credential_revoked_names_its_key() -> None:
    """Section 6 of the protocol: it counts no more from there on, and is not published again."""
    published = entry(control(THEM, CREDENTIAL, CREDENTIAL_OF_A_POST))
    revoked = entry(control(THEM, CREDENTIAL_REVOCATION, RevokedCredential("k1")))
    _, view, again = line_acts(facts(), [_at(each, n) for n, each in enumerate((published, revoked, published), 1)])
    assert (view.kind, view.standing, view.key) == (CREDENTIAL_REVOCATION, Standing.IN_FORCE, "k1")
    assert "revoked the approval key k1" in say_line_act(view)
    assert (again.standing, again.because) == (Standing.REFUSED, "credential-revoked")


def _at(each: ControlEntry, n: int) -> ControlEntry:
    assert each.stamp is not None
    return each._replace(stamp=msgspec.structs.replace(each.stamp, n=n))


def test_an_epoch_opening_says_what_was_last_held() -> None:
    """2-line, epochs: the opening lists the last known heads."""
    view = one(entry(control(THEM, OPENING, Opening("ab" * 16, (LogSize(*FLASH, 9),)))))
    assert (view.kind, view.positions) == (OPENING, ((FLASH, 9),))
    assert "epoch 1" in say_line_act(view)
    assert "nothing" in say_line_act(view._replace(positions=()))


@pytest.mark.parametrize("act", [None, act_of(THEM, Lane.CONTROL), msgspec.structs.replace(rotation(), fields={})])
@pytest.mark.parametrize("in_force", [True, False])
def test_what_this_version_cannot_read_is_shown_as_such(act: Act | None, *, in_force: bool) -> None:
    """2-line: an entry this version cannot read is stored, shown as such, and blocks nothing."""
    view = one(entry(act, in_force=in_force))
    assert (view.kind, view.standing) == ("", Standing.REFUSED if in_force else Standing.LATE)
    assert view.because == ("not-computed" if in_force else "epoch-closed")
    assert "cannot read" in say_line_act(view)


def test_no_suspension_names_them() -> None:
    """3-procedures, suspension: key rotation and amendment are not suspendable: they are in no procedure at all."""
    assert not {"line", ROTATION, REVOCATION, OPENING, CREDENTIAL, AMENDING} & set(CATALOGUE.procedures)
