"""Where a party can be reached: ``tls://host:port``, as its descriptor and the settings write it."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from rabita.line.errors import PeerFault, UserFault

_FORM: Final = re.compile(
    r"tls://(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9.-]{1,253})):(?P<port>[1-9][0-9]{0,4})"
)
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_PORT_MAX: Final = 65_535


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host (name, IPv4 or IPv6 address) and a TCP port; port 0 only asks a listener for a free one."""

    host: str
    port: int

    @property
    def text(self) -> str:
        """The written form, IPv6 in brackets."""
        return f"tls://[{self.host}]:{self.port}" if ":" in self.host else f"tls://{self.host}:{self.port}"


def parse_endpoint(text: str, blame: type[PeerFault | UserFault] = PeerFault) -> Endpoint:
    """Read an endpoint; raises *blame* with code ``endpoint-malformed`` for anything that is not exactly the form."""
    found = _FORM.fullmatch(text)
    if found is None or int(found["port"]) > _PORT_MAX:
        raise blame("endpoint-malformed")
    host = found["six"] or found["name"]
    if not (_is_six(host) if found["six"] else all(map(_LABEL.fullmatch, host.split(".")))):
        raise blame("endpoint-malformed")
    return Endpoint(host, int(found["port"]))


def _is_six(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
