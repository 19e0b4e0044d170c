"""Where policies stand: a party's folder of ``*.cedar`` files, or the set that comes with Rabita.

Rules kept here: a folder takes the place of the built-in set as a whole. Every policy is read and checked by itself, so
that whatever is wrong is told with its file and line. A policy has an id of its own, ``@id``, and says in plain words
what it is about, ``@words``. What there is to do, and what policies may look at, is the program's: one schema.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, NamedTuple

from rabita.line.errors import UserFault

SUFFIX: Final = ".cedar"
TESTS: Final = "tests.toml"
POLICY_BYTES_MAX: Final = 2**20
_TOKENS: Final = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|;|[^";/]+|["/]', re.DOTALL)
_ACTION: Final = re.compile(r'(?:@doc\("([^"]*)"\)\s*)?\baction "?([\w-]+)"?(?: in \[([^\]]*)\])?( appliesTo)?')


class Source(NamedTuple):
    """A set of policies as written: where it stands, and each file's text by its name, in the order of names."""

    where: str
    texts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Name the set: the SHA-256 (hex) of its files, their names included."""
        whole = sha256()
        for name, text in self.texts.items():
            whole.update(f"{name}\n{len(text)}\n{text}".encode())
        return whole.hexdigest()


class Written(NamedTuple):
    """One policy as written, and where."""

    file: str
    line: int
    text: str

    def fault(self, why: str) -> UserFault:
        """Say what is wrong with it."""
        return UserFault("policy-invalid", f"{self.file}:{self.line}: {why}")


class Deed(NamedTuple):
    """Something there is to do, in words, and the groups it belongs to."""

    name: str
    words: str
    groups: tuple[str, ...]


def read_source(folder: str) -> Source:
    """Read a party's folder, or the built-in set where *folder* is empty.

    Raises ``UserFault("policy-invalid")`` where there is no policy or a file cannot be read.
    """
    where = Path(folder) if folder else builtin()
    try:
        found = sorted((each for each in where.iterdir() if each.name.endswith(SUFFIX)), key=lambda each: each.name)
        texts = {each.name: _text(each) for each in found}
    except (OSError, ValueError) as fault:
        raise UserFault("policy-invalid", f"{folder}: {fault}") from fault
    if not texts:
        raise UserFault("policy-invalid", f"{folder}: no file ends in {SUFFIX}")
    return Source(folder, texts)


def builtin() -> Traversable:
    """Give the folder of what comes with Rabita."""
    return files("rabita").joinpath("data/policy")


@cache
def schema_text() -> str:
    """Give the schema."""
    return builtin().joinpath("schema.cedarschema").read_text(encoding="utf-8")


@cache
def deeds() -> Mapping[str, Deed]:
    """List what there is to do, by name."""
    found = [
        Deed(name, words, tuple(re.findall(r"[\w-]+", groups)))
        for words, name, groups, applies in _ACTION.findall(schema_text())
        if applies
    ]
    above = {name: tuple(re.findall(r"[\w-]+", groups)) for _, name, groups, _ in _ACTION.findall(schema_text())}
    return {
        each.name: each._replace(groups=tuple(dict.fromkeys([*each.groups, *_above(each.groups, above)])))
        for each in found
    }


def split(source: Source) -> Iterator[Written]:
    """Take a set apart into its policies: each ends in a semicolon that is in no text and no comment."""
    for file, text in source.texts.items():
        begin = 0
        said = False
        for token in _TOKENS.finditer(text):
            part = token.group()
            if not said and part.strip() and not part.startswith("//"):
                begin, said = token.end() - len(part.lstrip()), True
            if part == ";":
                yield Written(file, _line(text, begin), text[begin : token.end()])
                said = False
        if said:
            yield Written(file, _line(text, begin), text[begin:])


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _above(groups: tuple[str, ...], above: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple([higher for group in groups for higher in above.get(group, ())])


def _text(path: Traversable) -> str:
    raw = path.read_bytes()
    if len(raw) > POLICY_BYTES_MAX:
        raise ValueError(f"{path.name} is larger than {POLICY_BYTES_MAX} bytes")
    return raw.decode("utf-8")
