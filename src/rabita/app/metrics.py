"""What a node counts, shown in Prometheus exposition on a port of this machine if one is set."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from rabita.line.errors import LocalFault

COMMIT_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Metrics:
    """The counters of one node."""

    def __init__(self) -> None:
        """Begin at zero, in a registry of its own."""
        self.registry = CollectorRegistry()
        self.sealed = Counter("rabita_sealed", "Own entries sealed", ["line", "lane"], registry=self.registry)
        self.received = Counter("rabita_received", "Entries received", ["line", "lane"], registry=self.registry)
        self.receipts = Counter("rabita_receipts", "Receipts held", ["line", "lane"], registry=self.registry)
        self.told = Counter("rabita_told", "Faults and notices, by code", ["code"], registry=self.registry)
        self.sessions = Gauge("rabita_sessions", "Conversations open", ["line"], registry=self.registry)
        self.queued = Gauge("rabita_queued", "Drafts that wait to be sealed", ["line"], registry=self.registry)
        self.commit_seconds = Histogram(
            "rabita_commit_seconds", "Time of a commit", buckets=COMMIT_SECONDS, registry=self.registry
        )
        self.index_behind = Gauge(
            "rabita_index_behind", "Entries not in the index of cases yet", ["line"], registry=self.registry
        )
        self.disk_free_bytes = Gauge("rabita_disk_free_bytes", "Free disk space", registry=self.registry)

    def serve(self, address: str) -> Callable[[], None]:
        """Show the metrics at *address* (``host:port``); gives what ends it. Raises ``LocalFault("listen-failed")``."""
        host, _, port = address.rpartition(":")
        try:
            server, thread = start_http_server(int(port), host.strip("[]"), self.registry)
        except OSError as fault:
            raise LocalFault("listen-failed", address) from fault

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return end
