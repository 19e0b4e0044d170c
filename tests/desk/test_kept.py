"""What is kept at this desk about a line is taken off by those alone who may read the line."""

from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import pytest

from rabita.line.ids import Lane
from rabita.services.officers import Role
from rabita.services.snoozing import Snooze
from rabita.services.unhandled import Unhandled
from tests.gateways.browser import first_officer
from tests.gateways.people import house

pytestmark = pytest.mark.sockets

CLOSED: Final = "closed-line"
RULE: Final = f"""@id("closed")
@words("Nobody here reads that line.")
forbid (principal, action == Action::"read", resource) when {{ resource.line == "{CLOSED}" }};
"""


def test_whoever_may_not_read_a_line_takes_nothing_off_that_is_kept_of_it(tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    for each in files("rabita.data").joinpath("policy").iterdir():
        if each.name.endswith(".cedar"):
            (policies / each.name).write_text(each.read_text())
    (policies / "closed.cedar").write_text(RULE)
    with house(tmp_path / "house", policy_dir=str(policies)) as home:
        side = home.sides[0]
        officer = first_officer(side).invite(Role.DUTY_OFFICER)
        put_off = Snooze("s", "o", CLOSED, "c", "acknowledge", "R", "busy", side.now_ms + 60_000)
        marked = Unhandled("u", "o", CLOSED, "c", "message", Lane.ROUTINE, "R", "wrong desk", side.now_ms)
        for row, path in ((put_off, "snoozes"), (marked, "unhandled")):
            for line, status in ((CLOSED, 403), (side.line, 200)):
                with side.web.desk.transaction() as rows:
                    rows.put(msgspec.structs.replace(row, line=line))
                assert officer.post(f"/desk/{path}/{row.id}/end").status_code == status, (path, line)
                with side.web.desk.reading() as rows:
                    assert (rows.get(type(row), row.id) is None) == (status == 200)
