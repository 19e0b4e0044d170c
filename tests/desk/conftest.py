"""The pair of nodes that tests of pages ask."""

from tests.gateways.conftest import home, side

__all__ = ["home", "side"]
