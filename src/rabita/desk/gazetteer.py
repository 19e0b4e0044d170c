"""The towns and crossings that come with Rabita: where they are, and what they are called in the desk's languages.

Acts name a place by its code; a reader sees its name. A code that is none of these is shown as it was written.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

PLACES: Final = "data/border-region/places.toml"


class KnownPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A town or crossing: where (longitude, latitude in degrees), its names, the codes that acts call it by."""

    at: tuple[float, float]
    size: int
    en: str
    ur: str
    fa: str
    codes: tuple[str, ...]

    def name(self, language: str) -> str:
        """Give its name in a language of the desk."""
        return str(getattr(self, language))


class KnownPlaces(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every town and crossing that the map knows."""

    town: tuple[KnownPlace, ...]
    crossing: tuple[KnownPlace, ...]

    def called(self, code: str) -> KnownPlace | None:
        """Find a place by what acts call it; a crossing before a town."""
        return next((each for each in (*self.crossing, *self.town) if code in each.codes), None)


@cache
def known_places() -> KnownPlaces:
    """Read the towns and crossings that come with Rabita."""
    return msgspec.convert(tomllib.loads(files("rabita").joinpath(PLACES).read_text("utf-8")), KnownPlaces)


@cache
def place_names(language: str) -> Mapping[str, str]:
    """Give the names of places in a language by what sentences make of their codes."""
    every = (*known_places().town, *known_places().crossing)
    return {code.replace("-", " "): each.name(language) for each in every for code in each.codes}
