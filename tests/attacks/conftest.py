"""Two running nodes, whose HTTP door is attacked."""

from tests.gateways.conftest import home, side

__all__ = ["home", "side"]
