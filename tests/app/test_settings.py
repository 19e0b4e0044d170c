"""Settings: who goes before whom, what is refused and how it is named, and that the page lists every one."""

from pathlib import Path

import pytest

from rabita.app.settings import TABLE, Settings, load_settings, settings_page, write_settings
from rabita.line.errors import UserFault

BAD: dict[str, list[object]] = {
    "party": ["pak", 7, "TOOLONGACODEFORAPARTY"],
    "listen": [["http://a:1"], "tls://a", 7, [7]],
    "log_level": ["loud", 7],
    "log_format": ["xml"],
    "metrics_listen": ["0.0.0.0:9000", "127.0.0.1:0", "127.0.0.1", 9000, "127.0.0.1:99999"],
    "passphrase_file": [7],
    "disk_reserve_bytes": [-1, "much", True, 1.5, 2**51],
}


def test_a_flag_goes_before_the_environment_that_before_the_file_that_before_the_default(tmp_path: Path) -> None:
    assert load_settings({"home": tmp_path}, {}) == Settings(home=tmp_path)
    (tmp_path / "rabita.toml").write_text('log_level = "error"\nlisten = ["tls://[::1]:7420"]\n', encoding="utf-8")
    assert load_settings({"home": tmp_path, "log_level": None}, {}).log_level == "error"
    environment = {"RABITA_HOME": str(tmp_path), "RABITA_LOG_LEVEL": "debug", "RABITA_LISTEN": "tls://a:1, tls://b:2"}
    found = load_settings({}, environment)
    assert (found.log_level, found.listen) == ("debug", ("tls://a:1", "tls://b:2"))
    found = load_settings({"log_level": "info", "listen": ["tls://c:3"]}, environment)
    assert (found.log_level, found.listen) == ("info", ("tls://c:3",))


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_what_is_not_allowed_is_named(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(UserFault, match=f"setting-invalid.*{name} in --{name.replace('_', '-')}"):
        load_settings({"home": tmp_path, name: value}, {})


@pytest.mark.parametrize("text", ["nonsense = 1", "log_level = ", "\udcff"])
def test_a_file_that_is_no_settings_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rabita.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserFault, match="setting-invalid"):
        load_settings({"home": tmp_path}, {})


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    write_settings(tmp_path / "rabita.toml", {"party": "X-PAK", "listen": ("tls://a:1", "tls://b:2")})
    found = load_settings({"home": tmp_path}, {})
    assert (found.party, found.listen) == ("X-PAK", ("tls://a:1", "tls://b:2"))


def test_every_setting_is_on_its_page_and_in_the_struct() -> None:
    assert {row.name for row in TABLE} | {"home"} == set(Settings.__struct_fields__)
    assert [row.name for row in TABLE if f"| `{row.name}` |" not in settings_page()] == []


def test_an_origin_is_written_as_browsers_write_it() -> None:
    for good in ("https://node.example", "https://node.example:8443", "http://localhost:8420", ""):
        assert load_settings({"web_origin": good}, {}).web_origin == good
    for bad in (
        *("node.example", "https://node.example/", "https://Node.example", "https://node.example:443", "https://"),
        *("http://node.example", "https://192.0.2.1", "https://[::1]", "https://node.example:x", "ftp://node.example"),
    ):
        with pytest.raises(UserFault, match="setting-invalid"):
            load_settings({"web_origin": bad}, {})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "oidc_issuer",
            (
                "https://id.example",
                "https://id.example:8443/realms/nation/",
                "http://localhost:1",
                "http://127.0.0.1:1",
                "",
            ),
            (
                *("id.example", "http://id.example", "https://", "https://id.example?x", "https://id.example#x"),
                *("https://user@id.example", "https://id.exa mple", "https://id.example\\@evil", "file:///etc/passwd"),
                *("https://ïd.example", "https://[::1"),
            ),
        ),
        ("oidc_name", ("The nation", "قوم", ""), ("x" * 41, "a\nb")),
    ],
)
def test_an_identity_provider_is_named_exactly(name: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    for text in good:
        assert getattr(load_settings({name: text}, {}), name) == text
    for text in bad:
        with pytest.raises(UserFault, match="setting-invalid"):
            load_settings({name: text}, {})


def test_further_hosts_of_the_provider_are_hosts() -> None:
    assert load_settings({"oidc_hosts": "keys.example, KEYS.example:8443"}, {}).oidc_hosts == (
        "keys.example",
        "keys.example:8443",
    )
    for bad in ("https://keys.example", "keys.example/x", "user@keys.example", ":1", "[::1"):
        with pytest.raises(UserFault, match="setting-invalid"):
            load_settings({"oidc_hosts": bad}, {})
