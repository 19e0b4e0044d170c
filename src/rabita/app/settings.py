"""What an operator may set, in one table: names, defaults, what is allowed and what it means.

A flag goes before the environment (``RABITA_LISTEN``), that before ``rabita.toml`` in the home folder, that before the
default. A value is checked wherever it comes from; the fault names the setting, where it stood and what is allowed.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from rabita.bearers.endpoint import parse_endpoint
from rabita.line.errors import UserFault
from rabita.line.ids import is_party_code, is_shown

FILE_NAME: Final = "rabita.toml"
PREFIX: Final = "RABITA_"
HOME_VARIABLE: Final = "RABITA_HOME"
HOME_DEFAULT: Final = "~/.rabita"

PASSPHRASES: Final = {
    "RABITA_PASSPHRASE": "the passphrase of the node's keys",
    "RABITA_PASSPHRASE_ROOT": "the passphrase of the root key",
    "RABITA_PASSPHRASE_RECOVERY": "the passphrase of the two recovery keys",
    "RABITA_PASSPHRASE_OFFICER": "the passphrase of an officer's key",
    "RABITA_PASSPHRASE_BACKUP": "the passphrase of a backup",
}
"""Secrets come from the environment or are asked for; they are no settings, so that no file is tempted to hold one."""

LOG_LEVELS: Final = ("debug", "info", "warning", "error")
LOG_FORMATS: Final = ("json", "console")
PORT_MAX: Final = 65_535
RESERVE_BYTES_MAX: Final = 2**50
RATE_MAX: Final = 100_000
NAME_CHARS_MAX: Final = 40


class Settings(msgspec.Struct, frozen=True):
    """The settings of one node; see ``TABLE`` for each."""

    home: Path
    party: str = ""
    listen: tuple[str, ...] = ()
    log_level: str = "info"
    log_format: str = "json"
    metrics_listen: str = ""
    passphrase_file: str = ""
    disk_reserve_bytes: int = 2**28
    line_tests: bool = False
    watch_posts: tuple[str, ...] = ()
    escalate_minutes: int = 30
    notices_file: str = ""
    notices_minutes: int = 5
    web_address: str = "127.0.0.1"
    web_port: int = 0
    web_certificate: str = ""
    web_key: str = ""
    web_officer_keys: tuple[str, ...] = ()
    web_rate_per_s: int = 50
    web_origin: str = ""
    session_idle_minutes: int = 15
    session_hours: int = 12
    invitation_minutes: int = 15
    exercise_sign_in: bool = False
    policy_dir: str = ""
    oidc_issuer: str = ""
    oidc_name: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: str = ""
    oidc_ca_file: str = ""
    oidc_hosts: tuple[str, ...] = ()


class Setting(NamedTuple):
    """One row of the table. ``read`` brings a value to its type or raises ``ValueError`` or ``TypeError``."""

    name: str
    allowed: str
    meaning: str
    read: Callable[[Any], Any]


def _party(value: str) -> str:
    if value and not is_party_code(value):
        raise ValueError
    return value


def _listen(value: str | list[str]) -> tuple[str, ...]:
    texts = [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value
    return tuple(parse_endpoint(each, UserFault).text for each in texts)


def _address(value: str) -> str:
    return str(ip_address(value))


def _whole(least: int, most: int) -> Callable[[int | str], int]:
    def read(value: int | str) -> int:
        number = int(value)
        if isinstance(value, bool | float) or not least <= number <= most:
            raise ValueError
        return number

    return read


def _paths(value: str | list[str]) -> tuple[str, ...]:
    return tuple(_text(each).strip() for each in (value.split(",") if isinstance(value, str) else value) if each)


def _yes(value: bool | str) -> bool:  # noqa: FBT001 - a value as written
    return value if isinstance(value, bool) else {"true": True, "false": False}[value]


def _posts(value: str | list[str]) -> tuple[str, ...]:
    texts = [each.strip() for each in (value.split(",") if isinstance(value, str) else value)]
    return tuple([_text(each) for each in texts if each])


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        return allowed[allowed.index(value)]

    return read


def _loopback(value: str) -> str:
    if value:
        host, _, port = value.rpartition(":")
        if not (ip_address(host.strip("[]")).is_loopback and 0 < int(port) <= PORT_MAX):
            raise ValueError
    return value


def _origin(value: str) -> str:
    """Read an origin as browsers write it (RFC 6454): no path, small letters, no port that goes without saying."""
    parts = urlsplit(value)
    host, port = parts.hostname or "", parts.port
    plain = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    if value and (value != plain or not host or port == usual or usual is None or _is_address(host)):
        raise ValueError
    if value and parts.scheme == "http" and not f".{host}".endswith(".localhost"):
        raise ValueError
    return value


def _issuer(value: str) -> str:
    """Read an issuer (OpenID Connect Core 1.0, 2): exactly as the provider writes it, no query, no fragment."""
    parts = urlsplit(value)
    host = parts.hostname or ""
    plain = value.isascii() and value.isprintable() and not set(value) & set(" \\@?#")
    if value and not (plain and host and (parts.scheme == "https" or _is_here(parts.scheme, host))):
        raise ValueError
    return value


def _is_here(scheme: str, host: str) -> bool:
    return scheme == "http" and (host == "localhost" or (_is_address(host) and ip_address(host).is_loopback))


_HOST: Final = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


def _hosts(value: str | list[str]) -> tuple[str, ...]:
    hosts = tuple([each.lower() for each in _posts(value)])
    if not all(_HOST.fullmatch(each) for each in hosts):
        raise ValueError
    return hosts


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _text(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _short(value: str) -> str:
    if len(_text(value)) > NAME_CHARS_MAX or not is_shown(value):
        raise ValueError
    return value


TABLE: Final = (
    Setting(
        "party",
        "a party code, as in `PAK` or `X-PAK`",
        "Whose node this is. `rabita party create` writes it.",
        _party,
    ),
    Setting(
        "listen",
        "a list of `tls://host:port` (in the environment: set apart by commas)",
        "Where this node listens for the other side. Empty: at the endpoints its own descriptor names.",
        _listen,
    ),
    Setting("log_level", ", ".join(LOG_LEVELS), "The least urgent messages that are logged.", _one_of(*LOG_LEVELS)),
    Setting(
        "log_format",
        ", ".join(LOG_FORMATS),
        "How messages are written to standard error: one JSON object a line, or for a person to read.",
        _one_of(*LOG_FORMATS),
    ),
    Setting(
        "metrics_listen",
        "`127.0.0.1:port` or `[::1]:port`; empty: off",
        "Where this node shows its metrics (Prometheus exposition), on this machine only.",
        _loopback,
    ),
    Setting(
        "passphrase_file",
        "a path; empty: none",
        "A file whose first line is the passphrase of the node's keys, for a node that starts unattended.",
        _text,
    ),
    Setting(
        "disk_reserve_bytes",
        "0 to 2^50",
        "Free disk space kept for own sealing and FLASH: below it the node takes nothing else in, and says so.",
        _whole(0, RESERVE_BYTES_MAX),
    ),
    Setting(
        "line_tests",
        "`true` or `false`",
        "Whether this node tests the line at the charter's cadence and answers the other side's automatic tests. It "
        "makes a key of its own for that and publishes it.",
        _yes,
    ),
    Setting(
        "watch_posts",
        "a list of posts (in the environment: set apart by commas)",
        "Whom a duty that is not discharged is told to, one after another, after the post it was addressed to.",
        _posts,
    ),
    Setting(
        "escalate_minutes",
        "1 to 10,080",
        "How long after a duty fell due the next post is told.",
        _whole(1, 10_080),
    ),
    Setting(
        "notices_file",
        "a path; empty: no notices",
        "A file of addresses as apprise writes them, one a line, that are told how many items wait, and never what.",
        _text,
    ),
    Setting(
        "notices_minutes",
        "1 to 1440",
        "How long after a notice the next one goes out at the soonest.",
        _whole(1, 1440),
    ),
    Setting(
        "web_address",
        "an IP address",
        "Where this node serves programs over HTTP. One beyond this machine needs `web_certificate`.",
        _address,
    ),
    Setting("web_port", "0 to 65535; 0: off", "The port for HTTP.", _whole(0, PORT_MAX)),
    Setting("web_certificate", "a path; empty: no TLS", "The certificate chain for HTTPS, PEM.", _text),
    Setting("web_key", "a path; empty: in the certificate's file", "The private key for HTTPS, PEM.", _text),
    Setting(
        "web_officer_keys",
        "a list of paths (in the environment: set apart by commas)",
        "Officers' key files with which this node approves what a token of scope `seal` says. Empty: none.",
        _paths,
    ),
    Setting(
        "web_rate_per_s",
        "1 to 100000",
        "How many requests a second one token or officer may make for long; four times as many at once.",
        _whole(1, RATE_MAX),
    ),
    Setting(
        "web_origin",
        "`https://` and a name, a port if there is one; `http://` for `localhost` and names under it alone; empty: on "
        "this machine",
        "Where browsers find this node. Officers' passkeys belong to it: if the name changes, all must enrol anew.",
        _origin,
    ),
    Setting(
        "session_idle_minutes",
        "1 to 720",
        "How long an officer's session stands without being used.",
        _whole(1, 720),
    ),
    Setting("session_hours", "1 to 24", "How long an officer's session stands at most.", _whole(1, 24)),
    Setting("invitation_minutes", "1 to 1440", "How long a one-time code to enrol with is good.", _whole(1, 1440)),
    Setting(
        "exercise_sign_in",
        "`true` or `false`",
        "Whether a one-time code alone opens a session, for browsers without an authenticator. Only a party of an "
        "exercise (`X-`) may set it; such a session approves nothing and governs no officers.",
        _yes,
    ),
    Setting(
        "policy_dir",
        "a path; empty: the built-in set",
        "The folder of the party's own policies (`*.cedar`), in place of the built-in set. Read when the node starts.",
        _text,
    ),
    Setting(
        "oidc_issuer",
        "`https://` and a name, with a path if there is one; `http://` on this machine alone; empty: none",
        "The identity provider by which officers may sign in besides passkeys, exactly as it calls itself.",
        _issuer,
    ),
    Setting("oidc_name", "at most 40 characters; empty: its host", "What `/sign-in` calls the provider.", _short),
    Setting("oidc_client_id", "a text", "By which name the provider knows this node.", _text),
    Setting(
        "oidc_client_secret_file",
        "a path; empty: a public client",
        "A file whose first line is the secret that the provider gave this node.",
        _text,
    ),
    Setting(
        "oidc_ca_file",
        "a path; empty: this machine's authorities",
        "The authorities that the provider's certificates may come from, PEM; no others then.",
        _text,
    ),
    Setting(
        "oidc_hosts",
        "a list of hosts, with a port where it is not 443 (in the environment: set apart by commas)",
        "Hosts at which the provider has endpoints besides its own; this node asks no others.",
        _hosts,
    ),
)
_ROWS: Final = {row.name: row for row in TABLE}


def load_settings(flags: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Read the settings: *flags* that are not None, then ``RABITA_*`` of *environment*, then the file, then defaults.

    Raises ``UserFault("setting-invalid")`` naming the setting, where it stood and what is allowed.
    """
    home = Path(flags.get("home") or environment.get(HOME_VARIABLE) or HOME_DEFAULT).expanduser().absolute()
    values: dict[str, Any] = {}
    for name, value in _file(home / FILE_NAME).items():
        if name not in _ROWS:
            raise UserFault("setting-invalid", f"{name} in {FILE_NAME}: no setting has this name")
        values[name] = _read(name, value, FILE_NAME)
    for name in _ROWS:
        variable = PREFIX + name.upper()
        if variable in environment:
            values[name] = _read(name, environment[variable], variable)
        if flags.get(name) is not None:
            values[name] = _read(name, flags[name], "--" + name.replace("_", "-"))
    return Settings(home=home, **values)


def write_settings(path: Path, values: Mapping[str, str | int | tuple[str, ...]]) -> None:
    """Write a first settings file; only names of the table, texts, numbers and lists of texts."""
    rows = [f"{_ROWS[name].name} = {msgspec.json.encode(value).decode()}" for name, value in values.items() if value]
    head = "# Settings of this node; docs/settings.md says what each means."
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")


def settings_page() -> str:
    """Return ``settings.md``: every setting with its default, what is allowed and what it means."""
    defaults = msgspec.to_builtins(Settings(home=Path()), enc_hook=str)
    head = [
        "# Settings",
        "",
        f"A node reads `{FILE_NAME}` in its home folder (`--home`, `{HOME_VARIABLE}`, else `{HOME_DEFAULT}`). The",
        "environment goes before the file, a flag before both. A value that is not allowed stops the command and is",
        "named. Drawn from `src/rabita/app/settings.py` by `make docs`.",
        "",
        "| setting | environment | default | allowed | meaning |",
        "|---|---|---|---|---|",
    ]
    rows = [
        f"| `{row.name}` | `{PREFIX}{row.name.upper()}` | `{msgspec.json.encode(defaults[row.name]).decode()}` "
        f"| {row.allowed} | {row.meaning} |"
        for row in TABLE
    ]
    secrets = [
        "",
        "Secrets are no settings. Commands ask for a passphrase, or take it from the environment:",
        "",
        "| variable | what it is |",
        "|---|---|",
        *[f"| `{name}` | {meaning} |" for name, meaning in PASSPHRASES.items()],
        "",
    ]
    return "\n".join([*head, *rows, *secrets])


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as fault:
        raise UserFault("setting-invalid", f"{path.name} cannot be read as TOML: {fault}") from fault


def _read(name: str, value: Any, where: str) -> Any:  # noqa: ANN401 - each row knows its own type
    try:
        return _ROWS[name].read(value)
    except (ValueError, TypeError, AttributeError, UserFault):
        raise UserFault("setting-invalid", f"{name} in {where}: allowed is {_ROWS[name].allowed}") from None
