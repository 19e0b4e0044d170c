"""Key files: one set of private keys, encrypted under a passphrase, in a JSON file an operator can look at.

The key is Argon2id (RFC 9106) of the passphrase in NFC; the content is sealed by AES-256-GCM with the readable head as
associated data. A plain SHA-256 over head and sealed bytes tells a damaged file from a wrong passphrase.
Rules kept here: a file is written whole or not at all, readable by its owner alone, and replaced only when asked; the
cost a file states is bounded before it is paid; from any bytes in a file only ``UserFault`` or ``LocalFault`` comes
out, and no fault holds a secret.
"""

import os
import tempfile
import unicodedata
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from rabita.keys.sets import KeySet
from rabita.line.errors import LocalFault, UserFault

Kind = TypeVar("Kind", bound=KeySet)

PASSPHRASE_CHARS_MIN: Final = 8
KEY_FILE_BYTES_MAX: Final = 2**20
_FORM: Final = "rabita/keys/v1"
_KEY_BYTES: Final = 32
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12


class Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one guess at a passphrase costs: Argon2id memory, passes and lanes, within what a node will pay."""

    memory_kib: Annotated[int, msgspec.Meta(ge=8, le=2**18)]
    passes: Annotated[int, msgspec.Meta(ge=1, le=16)]
    lanes: Annotated[int, msgspec.Meta(ge=1, le=8)]


DEFAULT_COST: Final = Cost(memory_kib=2**16, passes=3, lanes=4)
"""RFC 9106 section 4, second recommended option: 64 MiB."""


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    form: str
    kind: str
    party: str
    argon2id: Cost
    salt: Annotated[bytes, msgspec.Meta(min_length=_SALT_BYTES, max_length=_SALT_BYTES)]
    nonce: Annotated[bytes, msgspec.Meta(min_length=_NONCE_BYTES, max_length=_NONCE_BYTES)]


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    head: _Head
    sealed: bytes
    check: str


def save_keys(path: Path, keys: KeySet, passphrase: str, *, cost: Cost = DEFAULT_COST, replace: bool = False) -> None:
    """Write *keys* to *path*, mode 0600; returns when the file and its name are durable.

    Raises ``UserFault``: ``passphrase-short``, or ``key-file-exists`` unless told to *replace*; ``LocalFault``:
    ``key-file-unavailable`` with nothing changed.
    """
    if len(passphrase) < PASSPHRASE_CHARS_MIN:
        raise UserFault("passphrase-short")
    if not replace and path.exists():
        raise UserFault("key-file-exists", path.name)
    head = _Head(_FORM, _kind(type(keys)), keys.party, cost, os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES))
    sealed = _cipher(head, passphrase, path).encrypt(head.nonce, msgspec.json.encode(keys), _bound(head))
    raw = msgspec.json.format(msgspec.json.encode(_KeyFile(head, sealed, _check(head, sealed))), indent=1) + b"\n"
    _parse(raw, path)
    try:
        _write_whole(path, raw)
    except OSError as error:
        raise LocalFault("key-file-unavailable", path.name) from error


def open_keys(path: Path, passphrase: str, form: type[Kind]) -> Kind:
    """Read the set of keys of kind *form* from *path*.

    Raises ``UserFault``: ``key-file-missing``, ``key-file-foreign`` for another kind of set, ``passphrase-wrong``;
    ``LocalFault``: ``key-file-damaged``, or ``key-file-unavailable`` when it cannot be read or memory is short.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(KEY_FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise UserFault("key-file-missing", path.name) from None
    except OSError as error:
        raise LocalFault("key-file-unavailable", path.name) from error
    file = _parse(raw, path)
    if file.head.kind != _kind(form):
        raise UserFault("key-file-foreign", path.name)
    try:
        content = _cipher(file.head, passphrase, path).decrypt(file.head.nonce, file.sealed, _bound(file.head))
    except InvalidTag:
        raise UserFault("passphrase-wrong", path.name) from None
    try:
        return msgspec.json.decode(content, type=form)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise LocalFault("key-file-damaged", path.name) from None


def _kind(form: type[msgspec.Struct]) -> str:
    return str(form.__struct_config__.tag)


def _bound(head: _Head) -> bytes:
    return msgspec.json.encode(head)


def _check(head: _Head, sealed: bytes) -> str:
    return sha256(_bound(head) + sealed).hexdigest()


def _parse(raw: bytes, path: Path) -> _KeyFile:
    try:
        file = msgspec.json.decode(raw[: KEY_FILE_BYTES_MAX + 1], type=_KeyFile)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise LocalFault("key-file-damaged", path.name) from None
    if len(raw) > KEY_FILE_BYTES_MAX or file.head.form != _FORM or file.check != _check(file.head, file.sealed):
        raise LocalFault("key-file-damaged", path.name)
    return file


def _cipher(head: _Head, passphrase: str, path: Path) -> AESGCM:
    cost = head.argon2id
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    try:
        kdf = Argon2id(
            salt=head.salt, length=_KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
        )
        return AESGCM(kdf.derive(secret))
    except ValueError:
        raise LocalFault("key-file-damaged", path.name) from None
    except MemoryError:
        raise LocalFault("key-file-unavailable", "not enough memory") from None


def _write_whole(path: Path, raw: bytes) -> None:
    """Write beside *path*, then take its name: a crash leaves the old file or the new one (POSIX rename)."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
