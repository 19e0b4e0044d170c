"""An audit that asked nobody is no pass, though the tool that asked says that nothing is known."""

from typing import Any, Final

import pytest

from supply.audit import CLEAN, KNOWN, NOT_AUDITED, verdict

LOOKED_UP: Final = {"name": "one", "version": "1.0", "vulns": []}
PASSED_OVER: Final = {"name": "two", "skip_reason": "Dependency not found on PyPI and could not be audited: two (2.0)"}
BROKEN: Final = {"name": "three", "version": "3.0", "vulns": [{"id": "CVE-2020-1", "fix_versions": ["3.1"]}]}


@pytest.mark.parametrize(
    ("found", "code", "named"),
    [
        ([LOOKED_UP], CLEAN, "1 packages"),
        ([LOOKED_UP, BROKEN], KNOWN, "three 3.0 (CVE-2020-1)"),
        ([PASSED_OVER, BROKEN], KNOWN, "three 3.0"),
    ],
)
def test_what_is_known_is_told(found: list[dict[str, Any]], code: int, named: str) -> None:
    ended, said = verdict({"dependencies": found})
    assert ended == code
    assert named in said


@pytest.mark.parametrize("report", [None, {"dependencies": []}, {"dependencies": [LOOKED_UP, PASSED_OVER]}])
def test_whoever_was_not_looked_up_is_not_audited(report: dict[str, Any] | None) -> None:
    ended, said = verdict(report)
    assert ended == NOT_AUDITED
    assert "NOT AUDITED" in said
