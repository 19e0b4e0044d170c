"""Which modules the scripts of a page lead to: a browser told of them asks for all at once, not import after import."""

import re
from functools import cache
from importlib.resources import files
from typing import Final

COMMON: Final = ("alarm", "frame", "rabita")
"""The scripts of every page."""
_IMPORTED: Final = re.compile(r'^(?:import|export) [^"]*"\./([\w.]+)";', re.MULTILINE)


@cache
def imported(scripts: tuple[str, ...]) -> tuple[str, ...]:
    """Name the files that modules in ``static/`` import, directly or not, without those modules themselves.

    The one file that is made and not kept, ``codes.js``, imports none.
    """
    own = [f"{each}.js" for each in scripts]
    found = list(own)
    for name in found:
        found += [each for each in _imports(name) if each not in found]
    return tuple(found[len(own) :])


@cache
def _imports(name: str) -> tuple[str, ...]:
    path = files(__package__).joinpath("static", name)
    return tuple(dict.fromkeys(_IMPORTED.findall(path.read_text(encoding="utf-8")))) if path.is_file() else ()
