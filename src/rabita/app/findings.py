"""What the doctor says of each thing that was looked at."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What was looked at, whether it is in order, and what was found."""

    what: str
    ok: bool
    detail: str = ""
