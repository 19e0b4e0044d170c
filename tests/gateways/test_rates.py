"""How often one may ask."""

import pytest

from rabita.gateways.rest.rates import ASKERS_MAX, Rate
from rabita.line.errors import UserFault


def taken(rate: Rate, asker: str, now_ms: int) -> bool:
    try:
        rate.take(asker, now_ms)
    except UserFault as refused:
        assert refused.code == "rate-exceeded"
        return False
    return True


def test_a_burst_then_a_steady_rate() -> None:
    rate = Rate(2, 3)
    assert [taken(rate, "a", 0) for _ in range(5)] == [True, True, True, False, False]
    assert [taken(rate, "a", 500) for _ in range(2)] == [True, False]
    assert [taken(rate, "a", 10_000) for _ in range(4)] == [True, True, True, False]
    assert rate.wait_s == 1


def test_one_asker_does_not_spend_anothers() -> None:
    rate = Rate(1, 1)
    assert taken(rate, "a", 0)
    assert taken(rate, "b", 0)
    assert not taken(rate, "a", 0)


def test_the_memory_is_bounded() -> None:
    rate = Rate(1, 1)
    for number in range(ASKERS_MAX + 1):
        assert taken(rate, str(number), 0)
    assert taken(rate, "0", 0), "forgotten, so full again"
    assert not taken(rate, str(ASKERS_MAX), 0)


@pytest.mark.parametrize(("per_s", "wait_s"), [(50, 1), (0.1, 10)])
def test_the_wait_is_told_in_whole_seconds(per_s: float, wait_s: int) -> None:
    assert Rate(per_s, 1).wait_s == wait_s
