"""Seeds without planted bugs hold every guarantee, replay alike everywhere, and force what they promise."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from rabita_sim.__main__ import main
from rabita_sim.disk import FAULTS, PAIRS, SEEDS_FOR_ALL, STEPS, Forced, forced
from rabita_sim.properties import GUARANTEES
from rabita_sim.world import World

BLOCK = 20


@pytest.mark.parametrize("first", range(0, 240, BLOCK))
def test_every_guarantee_holds(first: int) -> None:
    for seed in range(first, first + BLOCK):
        result = World(seed).run()
        assert not result.broken, f"seed {seed}: {result.broken}: {result.detail}"


@pytest.mark.parametrize("seed", [3, 43, 121, 183, 212])
def test_the_forced_pair_fires(seed: int) -> None:
    result = World(seed).run()
    assert result.fired[forced(seed)] >= 1


def test_every_pair_of_fault_and_step_has_its_seeds() -> None:
    promised = Counter(forced(seed) for seed in range(SEEDS_FOR_ALL))
    assert set(promised) == {Forced(step, fault) for step in STEPS for fault in FAULTS}
    assert len(PAIRS) == len(STEPS) * len(FAULTS) <= SEEDS_FOR_ALL


def test_all_eight_guarantees_are_checked() -> None:
    assert list(GUARANTEES) == [
        "durable",
        "delivered",
        "receipted",
        "undeniable",
        "convergent",
        "urgent first",
        "contained",
        "confidential",
    ]


def _digest(seed: int, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "rabita_sim", "--seed", str(seed)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return ran.stdout


@pytest.mark.parametrize("seed", [8, 57, 190])
def test_a_seed_gives_one_trace_under_any_hash_seed(seed: int) -> None:
    one, two = _digest(seed, "1"), _digest(seed, "4242")
    assert "trace" in one
    assert one == two


def test_a_replay_prints_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "0", "--trace"]) == 0
    printed = capsys.readouterr().out
    assert "seed 0: clean" in printed
    assert "heals" in printed


def test_a_run_counts_what_fired(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "4", "--jobs", "1"]) == 0
    assert "4 worlds, 0 broken" in capsys.readouterr().out
