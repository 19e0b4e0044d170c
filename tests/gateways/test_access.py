"""Service tokens: what is kept of one, who comes in with it; on paper, without a network."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.gateways.rest.access import Principal, Scope, Token, authenticate, is_good, issue, subject
from rabita.line.errors import UserFault
from rabita.services.policy import Subject

NOW_MS = 1_700_000_000_000
ISSUED = issue("map", Scope.DRAFT, ("line-a",), NOW_MS, NOW_MS + 1000)


def find(token: Token = ISSUED.token) -> dict[str, Token]:
    return {token.id: token}


def code_of(header: str, token: Token = ISSUED.token, now_ms: int = NOW_MS) -> str:
    with pytest.raises(UserFault) as refused:
        authenticate(header, find(token).get, now_ms)
    assert ISSUED.text not in str(refused.value)
    return refused.value.code


def test_a_token_lets_its_holder_in() -> None:
    principal = authenticate(f"Bearer {ISSUED.text}", find().get, NOW_MS)
    assert principal == Principal(ISSUED.token.id, "map", Scope.DRAFT, ("line-a",))
    assert authenticate(f"bearer {ISSUED.text}", find().get, NOW_MS) == principal


def test_only_the_hash_of_256_random_bits_is_kept() -> None:
    secret = ISSUED.text.split("_", 2)[2]
    assert len(secret) >= 43
    assert sha256(secret.encode()).digest() == ISSUED.token.digest
    assert secret not in repr(ISSUED.token)
    assert issue("map", Scope.READ, (), 0, 1).text != issue("map", Scope.READ, (), 0, 1).text


def test_what_is_no_token_is_told_apart_only_to_whoever_holds_the_secret() -> None:
    revoked = Token(**{**{name: getattr(ISSUED.token, name) for name in Token.__struct_fields__}, "revoked_ms": 1})
    assert code_of("") == code_of("Bearer") == code_of("Basic abc") == "token-missing"
    assert code_of("Bearer rabita_ffff_x") == code_of(f"Bearer {ISSUED.text}x") == "token-unknown"
    assert code_of(f"Bearer rabita_{ISSUED.token.id}_wrong", revoked) == "token-unknown"
    assert code_of(f"Bearer {ISSUED.text}", revoked) == "token-revoked"
    assert code_of(f"Bearer {ISSUED.text}", now_ms=NOW_MS + 1000) == "token-expired"
    assert is_good(ISSUED.token, NOW_MS)
    assert not is_good(revoked, NOW_MS)
    assert not is_good(ISSUED.token, NOW_MS + 1000)
    assert not is_good(None, NOW_MS)


@given(st.text())
def test_no_header_crashes(header: str) -> None:
    assert code_of(header).startswith("token-")


def test_a_token_is_known_to_policies_by_its_scope_and_lines() -> None:
    found = subject(Principal("1", "x", Scope.READ, ("line-a",)), None)
    assert found == Subject("1", "token", lines=("line-a",), scope="read")
    assert subject(Principal("", "", None, ()), None).scope == "", "a stranger has none"
