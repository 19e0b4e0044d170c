"""A slow link between the two sides: network namespaces and ``tc`` where allowed, else a proxy that holds bytes back.

With namespaces each side lives in its own, joined by a virtual cable whose ends pass so many bits a second (a token
bucket with a queue of ``QUEUE_BYTES``: two seconds of 64 kbit/s; shorter ones drop packets, sent again late).
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, NamedTuple

from bench.founding import found
from bench.pair import Pair
from bench.proxy import slow_proxy

QUEUE_BYTES: Final = 16_384
BURST_BYTES: Final = 1_600
HOME: Final = ("127.0.0.1", "127.0.0.1")
CABLE: Final = ("10.77.0.1", "10.77.0.2")


class Slow(NamedTuple):
    """A pair over a slow link, and how the link was made."""

    pair: Pair
    kind: str


@contextmanager
def slow_pair(folder: Path, bits_per_s: int) -> Iterator[Slow]:
    """Found and run a pair below *folder* over a link of that speed."""
    names = (f"rabita-{os.getpid()}-a", f"rabita-{os.getpid()}-b")
    try:
        spaces = _lay(names, bits_per_s)
        founded = found(folder, CABLE if spaces else HOME, proxied=not spaces)
        prefixes = tuple([("ip", "netns", "exec", name) if spaces else () for name in names])
        held = nullcontext() if spaces else slow_proxy(founded.dialled, founded.listening, bits_per_s)
        with held, Pair(founded, (prefixes[0], prefixes[1])) as pair:
            yield Slow(pair, "network namespaces, tbf" if spaces else "proxy")
    finally:
        _take_away(names)


def _lay(names: Sequence[str], bits_per_s: int) -> bool:
    """Join two new namespaces; says whether that is allowed here."""
    ends = [f"rb{os.getpid()}{end}" for end in "ab"]
    rate = f"rate {bits_per_s}bit burst {BURST_BYTES} limit {QUEUE_BYTES}"
    commands = [f"ip netns add {name}" for name in names]
    commands.append(f"ip link add {ends[0]} netns {names[0]} type veth peer name {ends[1]} netns {names[1]}")
    for name, end, host in zip(names, ends, CABLE, strict=True):
        commands += [
            f"ip -n {name} addr add {host}/24 dev {end}",
            f"ip -n {name} link set {end} up",
            f"tc -n {name} qdisc add dev {end} root tbf {rate}",
        ]
    if not (shutil.which("ip") and shutil.which("tc")):
        return False
    return all(subprocess.run(each.split(), check=False, capture_output=True).returncode == 0 for each in commands)


def _take_away(names: Sequence[str]) -> None:
    if shutil.which("ip"):
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)  # noqa: S607 - the system's
