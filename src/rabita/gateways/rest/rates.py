"""How often one may ask: a bucket of requests per asker that fills again with time.

Rules kept here: the memory for it is bounded; who asked longest ago is forgotten first, and so has a full bucket.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

from rabita.line.errors import UserFault

ASKERS_MAX: Final = 4_096


class _Bucket(NamedTuple):
    left: float
    at_ms: int


class Rate:
    """Lets each asker make *burst* requests at once and *per_s* a second from then on."""

    def __init__(self, per_s: float, burst: int) -> None:
        """Begin with full buckets."""
        self._per_s = per_s
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, asker: str, now_ms: int) -> None:
        """Count a request at a time of a clock that never goes back; raises ``UserFault("rate-exceeded")``."""
        bucket = self._buckets.pop(asker, _Bucket(self._burst, now_ms))
        left = min(self._burst, bucket.left + (now_ms - bucket.at_ms) * self._per_s / 1000)
        self._buckets[asker] = _Bucket(max(0, left - 1), now_ms)
        if len(self._buckets) > ASKERS_MAX:
            self._buckets.popitem(last=False)
        if left < 1:
            raise UserFault("rate-exceeded")

    @property
    def wait_s(self) -> int:
        """Give the seconds after which an empty bucket holds a request again, rounded up."""
        return max(1, round(1 / self._per_s + 0.5))
