"""A node that serves officers wipes personal data in drafts when their time is over, and its audit log says so."""

import msgspec
import pytest
from msgspec.structs import replace

from rabita.app.draft_keeping import wipe_drafts
from rabita.services.audit import Action, Kind, Wanted, read_deed
from rabita.services.drafts import Version, read_said
from rabita.services.officers import Role
from tests.gateways.browser import Browser, first_officer, told
from tests.gateways.people import DAY_MS, House, Side

pytestmark = pytest.mark.sockets

WORDS = "Asma of Jiwani is looked for by her brother."


def drafted(officer: Browser, until_ms: int) -> dict[str, str]:
    """Write a draft with personal data that may be kept until then."""
    personal = {"purpose": "humanitarian", "category": "missing", "retention_until_ms": until_ms}
    said = {"portions": [{"text": WORDS}], "personal_data": personal}
    body = {"line": officer.side.line, "procedure": "message", "act": "send", "said": said}
    answer = officer.post("/drafts", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def two_days_ago(side: Side, draft: str) -> None:
    """Have a draft be saved two days before it was."""
    with side.web.drafts.transaction() as rows:
        (version,) = rows.of(Version, draft)
        said = read_said(version.said)
        assert said.personal_data is not None
        until_ms = said.personal_data.retention_until_ms - 2 * DAY_MS
        said = replace(said, personal_data=replace(said.personal_data, retention_until_ms=until_ms))
        rows.put(replace(version, saved_ms=version.saved_ms - 2 * DAY_MS, said=msgspec.json.encode(said)))


async def wiped(side: Side) -> None:
    """Look once, as the node does each minute."""
    releasing = side.web.services().releasing
    assert releasing is not None
    await wipe_drafts(side.node, releasing.drafting)


def test_a_draft_is_wiped_when_its_time_is_over(home: House, side: Side) -> None:
    admin = first_officer(side)
    drafter = admin.invite(Role.DRAFTER)
    kept, brief = (drafted(drafter, side.now_ms + DAY_MS) for _ in range(2))
    two_days_ago(side, brief["id"])
    home.run(wiped(side))
    assert told(drafter.get(f"/drafts/{kept['id']}"))["state"] == "drafting"
    ended = told(drafter.get(f"/drafts/{brief['id']}"))
    assert (ended["state"], ended["steps"][-1]["did"], ended["steps"][-1]["by"]) == ("dropped", "expire", "")
    assert WORDS not in drafter.get(f"/drafts/{brief['id']}").text
    home.run(side.node.audit.sign())
    rows = side.node.audit.log().newest(Wanted(action=Action.DRAFT), 2**53 - 1, 10)
    (deed,) = [each for each in map(read_deed, rows) if each.door == "retention"]
    assert (deed.kind, deed.actor, deed.line, deed.target) == (Kind.SERVICE, "", side.line, brief["id"])
