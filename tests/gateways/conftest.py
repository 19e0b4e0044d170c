"""Two running nodes for all tests here that talk to one; each test reads or adds to what is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.people import House, Side, house


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    with house(folder) as found:
        yield found


@pytest.fixture
def side(home: House) -> Side:
    """Give the side that asks; it may have been restarted since."""
    return home.sides[0]
