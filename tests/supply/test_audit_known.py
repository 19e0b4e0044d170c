"""What is known against the packages of the lock file, asked of a database of weaknesses wherever one is reached.

Where none is reached the test is skipped and says so: it is neither a pass nor a fault of the code.
"""

import pytest

from supply.audit import CLEAN, NOT_AUDITED, audit
from supply.sbom import LOCK

pytestmark = pytest.mark.sockets


def test_nothing_is_known_against_any_package_of_the_lock_file() -> None:
    ended, said = audit(LOCK)
    if ended == NOT_AUDITED:
        pytest.skip(said)
    assert ended == CLEAN, said
