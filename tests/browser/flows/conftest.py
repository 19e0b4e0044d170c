"""One pair of nodes for all flows; every flow is done in three pairs of languages, the last by keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.two_sides import RUNS, TwoSides, two_sides


@pytest.fixture(scope="session")
def pair_of_desks(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[TwoSides]:
    folder: Path = tmp_path_factory.mktemp("flows")
    with two_sides(folder, chromium) as found:
        yield found


@pytest.fixture(params=RUNS, ids=lambda run: f"{run[0]}-{run[1]}")
def both(pair_of_desks: TwoSides, request: pytest.FixtureRequest, chromium: Chromium) -> Iterator[TwoSides]:
    """Give both desks, each in its language of this run; whatever comes of it, the line is whole for the next."""
    *codes, hand = request.param
    yield pair_of_desks.work(*codes, hand=hand)
    pair_of_desks.mend()
    chromium.rest([each.window for desk in pair_of_desks for each in desk.officers.values()])
