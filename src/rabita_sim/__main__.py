"""``python -m rabita_sim``: run seeds, or replay one with its trace."""

# ruff: noqa: T201 - it prints its findings
import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import Pool
from os import cpu_count
from time import perf_counter

from rabita_sim.disk import FAULTS, PAIRS, SEEDS_FOR_ALL, STEPS, Forced
from rabita_sim.world import Result, World


def run_seed(seed: int) -> Result:
    """Run one seed."""
    return World(seed).run()


@contextmanager
def _results(seeds: Sequence[int], jobs: int) -> Iterator[Iterable[Result]]:
    if jobs == 1:
        yield map(run_seed, seeds)
        return
    with Pool(jobs) as pool:
        yield pool.imap_unordered(run_seed, seeds, chunksize=8)


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rabita_sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS_FOR_ALL, help="how many seeds to run (500)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--jobs", type=int, default=cpu_count() or 1, help="processes at once (one per core)")
    parser.add_argument("--seed", type=int, help="replay this seed alone")
    parser.add_argument("--trace", action="store_true", help="with --seed: print what happened")
    return parser.parse_args(words)


def _replay(seed: int, *, trace: bool) -> int:
    result = World(seed, tracing=True).run()
    if trace:
        print("\n".join(result.lines))
    print(f"seed {seed}: {_verdict(result)}; {result.events} events; trace {result.digest[:16]}")
    return 1 if result.broken else 0


def _verdict(result: Result) -> str:
    forced = f"{result.forced.fault} at {result.forced.step}"
    return f"BROKEN {result.broken}: {result.detail} [{forced}]" if result.broken else f"clean [{forced}]"


def _table(fired: Counter[Forced]) -> str:
    """Show how often each fault fired at each step."""
    wide = max(map(len, STEPS))
    head = " " * wide + "".join([f"{fault[:7]:>8}" for fault in FAULTS])
    rows = [f"{step:<{wide}}" + "".join([f"{fired[Forced(step, fault)]:>8}" for fault in FAULTS]) for step in STEPS]
    return "\n".join([head, *rows])


def main(words: Sequence[str] | None = None) -> int:
    """Run; gives 1 if a guarantee was broken, or if a run of 500 seeds or more left a pair unfired."""
    asked = _parse(words)
    if asked.seed is not None:
        return _replay(asked.seed, trace=asked.trace)
    began, failures, fired, events = perf_counter(), 0, Counter[Forced](), 0
    with _results(range(asked.first, asked.first + asked.seeds), asked.jobs) as results:
        for number, result in enumerate(results, 1):
            fired.update(result.fired)
            events += result.events
            if result.broken:
                failures += 1
                print(f"\rseed {result.seed}: {_verdict(result)}", flush=True)
            if sys.stderr.isatty() and number % 20 == 0:
                print(f"\r{number} of {asked.seeds} worlds, {failures} broken", end="", file=sys.stderr, flush=True)
    seconds = perf_counter() - began
    print(_table(fired))
    missing = [pair for pair in PAIRS if not fired[Forced(*pair)]]
    print(
        f"{asked.seeds} worlds, {failures} broken, {events} events, {asked.seeds / seconds:.1f} worlds/s; "
        f"{len(PAIRS) - len(missing)} of {len(PAIRS)} fault-step pairs fired"
    )
    unfired = asked.seeds >= SEEDS_FOR_ALL and bool(missing)
    if unfired:
        print("never fired: " + ", ".join([f"{fault} at {step}" for step, fault in missing]))
    return 1 if failures or unfired else 0


if __name__ == "__main__":
    sys.exit(main())
