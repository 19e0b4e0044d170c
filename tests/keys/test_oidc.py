"""An identity provider that misbehaves in every way we could think of: nobody comes in by it, and nothing is stuck."""

import asyncio
import hmac
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from rabita.keys.oidc import (
    ANSWER_BYTES_MAX,
    APART_MS,
    DOCUMENT_MS,
    KEYS_MAX,
    RETRY_MS,
    WAITING_MAX,
    HttpProvider,
    Terms,
)
from rabita.line.errors import LocalFault, RabitaError
from rabita.services.oidc import Asked, Told
from tests.authenticator import packed
from tests.provider import CLIENT, SECRET, SUBJECT, WELL_KNOWN, Answer, Minted, Provider, provider

pytestmark = pytest.mark.sockets

ASKED = Asked("s" * 43, "n" * 43, "v" * 43)
BACK = "https://node.example/access/oidc/callback"
PATIENCE_S = 20.0
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["alg", "kid", "crit", "b64", "typ", "jwk", "iss", "aud", "exp", "iat", "sub", "azp", "amr", "nbf"]
)
JSON_OBJECT = st.dictionaries(NAMES | st.text(), JSON, max_size=5)
FEW = settings(max_examples=40)
"""Each example is several connections over TLS."""
Setup = Callable[[Provider], None]


class Clock:
    """Goes when it is told to; the wall's is the machine's, as the provider's is."""

    def __init__(self) -> None:
        self.at_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return self.at_ms


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder: Path = tmp_path_factory.mktemp("provider")
    with provider(folder) as found:
        yield found


@pytest.fixture
def fake(running: Provider) -> Provider:
    running.reset()
    return running


def reach(
    fake: Provider,
    terms: Mapping[str, Any] = MappingProxyType({}),
    clock: Clock | None = None,
    patience_s: float = PATIENCE_S,
) -> HttpProvider:
    """Reach the provider anew, trusting its authority."""
    wanted = Terms(fake.url, "The nation", CLIENT, SECRET, BACK)._replace(**terms)
    return HttpProvider(wanted, ssl.create_default_context(cafile=fake.ca_file), clock or Clock(), patience_s)


async def signed_in(reached: HttpProvider, fake: Provider, **changed: str) -> str:
    back = fake.visit(await reached.address(ASKED)) | changed
    return await reached.subject(ASKED, Told(back["state"], back["code"], back["iss"]))


def refusal(scene: Any) -> tuple[str, str]:  # noqa: ANN401 - a coroutine
    with pytest.raises(RabitaError) as refused:
        asyncio.run(scene)
    return refused.value.code, refused.value.detail


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", "Ed25519"])
def test_whoever_signed_in_there_is_known_by_their_subject(fake: Provider, algorithm: str) -> None:
    fake.minted = Minted.of(algorithm)
    assert asyncio.run(signed_in(reach(fake), fake)) == SUBJECT
    assert fake.asked == [WELL_KNOWN, "/token", "/keys"]


@pytest.mark.parametrize(
    ("terms", "document"),
    [
        ({"secret": ""}, {}),
        ({}, {"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
        ({}, {"code_challenge_methods_supported": None}),
        ({}, {"authorization_response_iss_parameter_supported": None}),
    ],
)
def test_providers_differ_and_are_understood(fake: Provider, terms: dict[str, str], document: dict[str, Any]) -> None:
    fake.document = document
    assert asyncio.run(signed_in(reach(fake, terms), fake)) == SUBJECT


def put(**changed: object) -> Setup:
    """Make a change to what the provider says."""

    def change(fake: Provider) -> None:
        for name, value in changed.items():
            setattr(fake, name, value)

    return change


def by_secret(key_of: Callable[[Provider], bytes]) -> Setup:
    """Sign with HS256, by what everyone can read."""

    def change(fake: Provider) -> None:
        fake.header = {"alg": "HS256"}
        fake.signature = lambda raw: hmac.digest(key_of(fake), raw, "sha256")

    return change


REFUSED: dict[str, Setup] = {
    "wrong nonce": put(claims={"nonce": "m" * 43}),
    "no nonce": put(claims={"nonce": None}),
    "another audience": put(claims={"aud": "somebody else"}),
    "another audience, and we are authorized": put(claims={"aud": "somebody else", "azp": CLIENT}),
    "no audience": put(claims={"aud": None}),
    "empty audience": put(claims={"aud": []}),
    "several audiences and nobody authorized": put(claims={"aud": [CLIENT, "somebody else"]}),
    "authorized for somebody else": put(claims={"azp": "somebody else"}),
    "another issuer": put(claims={"iss": "https://other.example"}),
    "issuer with a slash": lambda fake: put(claims={"iss": fake.url + "/"})(fake),
    "no issuer": put(claims={"iss": None}),
    "expired": put(claims={"exp": 1_700_000_000}),
    "no end": put(claims={"exp": None}),
    "end that is no time": put(claims={"exp": "tomorrow"}),
    "end that is no number": put(claims={"exp": float("nan")}),
    "not yet": put(claims={"nbf": 2**40}),
    "issued in the future": put(claims={"iat": 2**40}),
    "no time of issue": put(claims={"iat": None}),
    "no subject": put(claims={"sub": None}),
    "empty subject": put(claims={"sub": ""}),
    "subject that is no text": put(claims={"sub": ["officer"]}),
    "subject with a line break": put(claims={"sub": "a\nb"}),
    "subject too long": put(claims={"sub": "a" * 256}),
    "subject of other letters": put(claims={"sub": "ü"}),
    "alg none": put(header={"alg": "none"}, signature=lambda _raw: b""),
    "alg None": put(header={"alg": "None"}, signature=lambda _raw: b""),
    "no alg": put(header={"alg": None}),
    "alg that is a list": put(header={"alg": ["ES256"]}),
    "alg of another kind of key": put(header={"alg": "RS256"}),
    "alg not taken": put(header={"alg": "ES384"}),
    "HS256 by the public point": by_secret(lambda fake: fake.minted.public()["x"].encode()),
    "HS256 by the client's secret": by_secret(lambda _fake: SECRET.encode()),
    "signed by another key": put(signature=Minted().sign),
    "no signature": put(signature=lambda _raw: b""),
    "signature of another form": put(signature=lambda _raw: bytes(64)),
    "unknown kid": put(header={"kid": "two"}),
    "kid that is no text": put(header={"kid": {"one": 1}}),
    "critical header that nobody knows": put(header={"crit": ["x"], "x": 1}),
    "key of its own in the header": put(header={"jwk": Minted().public()}, signature=Minted().sign),
    "two keys of one name": lambda fake: put(listed=[fake.minted.public(), Minted().public()])(fake),
    "no keys": put(listed=[]),
    "keys of other uses": lambda fake: put(listed=[fake.minted.public() | {"use": "enc"}])(fake),
    "a shared secret among the keys": put(listed=[{"kty": "oct", "k": packed(b"k" * 32), "kid": "one"}]),
    "nonsense among the keys": put(listed=[{"kty": "EC", "crv": "P-256", "kid": "one"}, {"kty": ["EC"]}, {}]),
    "too many keys": lambda fake: put(
        listed=[*({"kty": "OKP", "kid": str(each)} for each in range(KEYS_MAX)), fake.minted.public()]
    )(fake),
    "code refused": put(instead={"/token": Answer(400, b'{"error": "invalid_grant"}')}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_with_an_answer_is_refused_alike(fake: Provider, name: str) -> None:
    REFUSED[name](fake)
    assert refusal(signed_in(reach(fake), fake)) == ("oidc-refused", "")


@pytest.mark.parametrize("changed", [{"iss": "https://other.example"}, {"iss": ""}, {"code": "guessed"}])
def test_what_came_back_with_the_browser_is_checked(fake: Provider, changed: dict[str, str]) -> None:
    assert refusal(signed_in(reach(fake), fake, **changed)) == ("oidc-refused", "")


def test_a_mix_up_is_found_before_the_code_is_shown_to_anyone(fake: Provider) -> None:
    fake.document = {"authorization_response_iss_parameter_supported": None}
    assert refusal(signed_in(reach(fake), fake, iss="https://other.example"))[0] == "oidc-refused"
    assert "/token" not in fake.asked


def test_a_code_is_good_for_whoever_has_the_verifier(fake: Provider) -> None:
    async def stolen() -> str:
        reached = reach(fake)
        back = fake.visit(await reached.address(ASKED))
        return await reached.subject(ASKED._replace(verifier="w" * 43), Told(back["state"], back["code"], back["iss"]))

    assert refusal(stolen())[0] == "oidc-refused"


ELSEWHERE = [
    "http://localhost/token",
    "https://evil.example/token",
    "https://localhost:1/token",
    "https://localhost/token",
    "https://user@{host}/token",
    "https://{host}@evil.example/token",
    "https://{host}\\@evil.example/token",
    "https://{host}.evil.example/token",
    "https://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "https:///token",
    "https://[::1/token",
    "//{host}/token",
    "https://{host}/token#x",
    "https://{host}/to ken",
    "https://{host}/to\nken",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_provider_sends_us_and_browsers_to_its_own_hosts_alone(fake: Provider, name: str, address: str) -> None:
    fake.document = {name: address.format(host=fake.url.removeprefix("https://"))}
    assert refusal(reach(fake).address(ASKED)) == (
        "oidc-unavailable",
        "it sends to a host that oidc_hosts does not name",
    )
    assert fake.asked == [WELL_KNOWN]


def test_a_host_that_is_set_may_be_asked(fake: Provider) -> None:
    other = fake.url.replace("localhost", "127.0.0.1")
    fake.document = {"token_endpoint": f"{other}/token", "jwks_uri": f"{other}/keys"}
    hosts = (other.removeprefix("https://"),)
    assert asyncio.run(signed_in(reach(fake, {"hosts": hosts}), fake)) == SUBJECT


UNAVAILABLE: dict[str, tuple[str, Answer]] = {
    "fault": (WELL_KNOWN, Answer(500)),
    "redirect": (WELL_KNOWN, Answer(302, b"", {"location": "https://evil.example/"})),
    "redirect of the code": ("/token", Answer(307, b"", {"location": "https://evil.example/"})),
    "redirect of the keys": ("/keys", Answer(301, b"", {"location": "/keys"})),
    "no JSON": (WELL_KNOWN, Answer(body=b"<html>")),
    "a list": (WELL_KNOWN, Answer(body=b"[]")),
    "members of other types": (WELL_KNOWN, Answer(body=b'{"issuer": 1}')),
    "deep JSON": (WELL_KNOWN, Answer(body=b"[" * 100_000)),
    "no text": (WELL_KNOWN, Answer(body=b'"\xff"')),
    "cut off": (WELL_KNOWN, Answer(headers={"content-length": "999"})),
    "no ID token": ("/token", Answer(body=b'{"access_token": "x"}')),
    "client not known": ("/token", Answer(401, b'{"error": "invalid_client"}')),
    "no keys at all": ("/keys", Answer(404)),
}


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_a_provider_that_does_not_answer_as_providers_do_is_unavailable(fake: Provider, name: str) -> None:
    path, answer = UNAVAILABLE[name]
    fake.instead = {path: answer}
    code, detail = refusal(signed_in(reach(fake), fake))
    assert (code, bool(detail)) == ("oidc-unavailable", True)


@pytest.mark.parametrize("path", [WELL_KNOWN, "/token", "/keys"])
def test_a_right_answer_that_is_too_long_is_not_read_to_its_end(fake: Provider, path: str) -> None:
    async def scene() -> None:
        reached = reach(fake)
        back = fake.visit(await reached.address(ASKED)) if path != WELL_KNOWN else {"state": "", "code": "", "iss": ""}
        fake.padding = ANSWER_BYTES_MAX
        if path == "/keys":
            await reached.examine()
        await reached.subject(ASKED, Told(back["state"], back["code"], back["iss"] or fake.url))

    assert refusal(scene()) == ("oidc-unavailable", "it answers too much")
    assert fake.asked[-1] == path


def test_a_long_answer_within_the_bound_is_read(fake: Provider) -> None:
    fake.padding = ANSWER_BYTES_MAX // 2
    assert asyncio.run(signed_in(reach(fake), fake)) == SUBJECT


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://other.example"}, {"issuer": None}, {"code_challenge_methods_supported": ["plain"]}],
)
def test_a_provider_that_is_another_or_knows_no_pkce_is_unavailable(fake: Provider, document: dict[str, Any]) -> None:
    fake.document = document
    assert refusal(reach(fake).address(ASKED))[0] == "oidc-unavailable"


def test_a_compressed_answer_is_not_opened(fake: Provider) -> None:
    fake.instead = {WELL_KNOWN: Answer(headers={"content-encoding": "gzip"})}
    assert refusal(reach(fake).address(ASKED)) == ("oidc-unavailable", "it answers encoded")


def test_a_wrong_secret_is_told_to_the_operator(fake: Provider) -> None:
    assert refusal(signed_in(reach(fake, {"secret": "wrong"}), fake)) == ("oidc-unavailable", "it answers 401")


def test_a_certificate_of_another_authority_is_not_trusted(fake: Provider) -> None:
    terms = Terms(fake.url, "", CLIENT, SECRET, BACK)
    reached = HttpProvider(terms, ssl.create_default_context(), Clock(), PATIENCE_S)
    assert refusal(reached.address(ASKED)) == ("oidc-unavailable", "ConnectError")


def test_nobody_is_there(fake: Provider) -> None:
    assert refusal(reach(fake, {"issuer": "https://localhost:1"}).examine())[0] == "oidc-unavailable"


def test_one_that_says_nothing_is_waited_for_no_longer_than_set_and_by_few(fake: Provider) -> None:
    fake.silent = True
    reached = reach(fake, patience_s=0.2)

    async def crowd() -> list[str | BaseException]:
        return await asyncio.gather(*(reached.address(ASKED) for _ in range(WAITING_MAX + 1)), return_exceptions=True)

    faults = asyncio.run(crowd())
    assert {each.code for each in faults if isinstance(each, LocalFault)} == {"oidc-unavailable"}
    details = [each.detail for each in faults if isinstance(each, LocalFault)]
    assert (len(details), details[-1]) == (WAITING_MAX + 1, "too many wait for it")
    assert len(fake.asked) <= 1
    fake.awake.set()


def test_what_it_says_is_kept_for_an_hour_and_a_failure_for_seconds(fake: Provider) -> None:
    clock = Clock()
    reached = reach(fake, clock=clock)

    async def often() -> None:
        fake.instead = {WELL_KNOWN: Answer(503)}
        for passed_ms in (0, RETRY_MS - 1):
            clock.at_ms = passed_ms
            with pytest.raises(LocalFault):
                await reached.address(ASKED)
        assert fake.asked == [WELL_KNOWN]
        fake.instead, clock.at_ms = {}, RETRY_MS
        for _ in range(3):
            assert await signed_in(reached, fake) == SUBJECT
        assert fake.asked.count(WELL_KNOWN) == 2
        assert fake.asked.count("/keys") == 1
        clock.at_ms += DOCUMENT_MS
        assert await signed_in(reached, fake) == SUBJECT
        assert fake.asked.count(WELL_KNOWN) == 3
        assert fake.asked.count("/keys") == 2

    asyncio.run(often())


def test_new_keys_are_asked_for_when_one_is_not_known_but_not_often(fake: Provider) -> None:
    clock = Clock()
    reached = reach(fake, clock=clock)

    async def rolled() -> None:
        assert await signed_in(reached, fake) == SUBJECT
        fake.minted = Minted(kid="two")
        for _ in range(3):
            with pytest.raises(RabitaError, match="oidc-refused"):
                await signed_in(reached, fake)
        assert fake.asked.count("/keys") == 1
        clock.at_ms += APART_MS
        assert await signed_in(reached, fake) == SUBJECT
        assert fake.asked.count("/keys") == 2

    asyncio.run(rolled())


def test_a_token_that_names_no_key_is_checked_by_the_only_one_of_its_kind(fake: Provider) -> None:
    fake.header, fake.listed = {"kid": None}, [Minted.of("EdDSA", "two").public(), fake.minted.public()]
    assert asyncio.run(signed_in(reach(fake), fake)) == SUBJECT
    fake.listed.append(Minted(kid="three").public())
    assert refusal(signed_in(reach(fake), fake))[0] == "oidc-refused"


@pytest.mark.filterwarnings("ignore")  # the package only warns of it
def test_a_key_that_is_too_short_signs_nobody_in(fake: Provider) -> None:
    fake.minted = Minted("RS256", "one", generate_private_key(65_537, 1_024))  # noqa: S505 - it is refused
    assert refusal(signed_in(reach(fake), fake)) == ("oidc-refused", "")


def test_a_key_of_another_use_is_not_taken_for_the_one_of_its_name(fake: Provider) -> None:
    fake.listed = [Minted().public() | {"use": "enc"}, fake.minted.public()]
    assert asyncio.run(signed_in(reach(fake), fake)) == SUBJECT


def test_what_else_is_said_of_a_key_is_passed_over(fake: Provider) -> None:
    fake.listed = [fake.minted.public() | {"x5c": ["nonsense"], "d": "nonsense", "key_ops": ["verify"]}]
    assert asyncio.run(signed_in(reach(fake), fake)) == SUBJECT


def test_the_environment_has_no_say_in_whom_we_ask(fake: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://localhost:1")
    asyncio.run(reach(fake).examine())
    assert fake.asked == [WELL_KNOWN, "/keys"]


@FEW
@given(st.sampled_from([WELL_KNOWN, "/token", "/keys"]), st.binary() | JSON.map(lambda each: json.dumps(each).encode()))
def test_whatever_it_answers_only_our_faults_come_of_it(running: Provider, path: str, body: bytes) -> None:
    running.reset()
    running.instead = {path: Answer(body=body)}
    code, _ = refusal(signed_in(reach(running), running))
    assert code in ("oidc-refused", "oidc-unavailable")


@FEW
@given(JSON_OBJECT, JSON_OBJECT)
def test_whatever_it_signs_only_our_faults_come_of_it(
    running: Provider, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    running.reset()
    running.header, running.claims = header, claims | {"nonce": "of another question"}
    assert refusal(signed_in(reach(running), running)) == ("oidc-refused", "")
