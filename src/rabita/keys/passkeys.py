"""Passkeys by the package ``webauthn``: the port ``rabita.services.passkeys.Passkeys`` for one origin.

Rules kept here: attestation is not asked for (who made an authenticator is nobody's business, and the other side never
learns); user verification is required; a new passkey is of ES256, the one algorithm in which officers approve acts on
the line; whatever is wrong with an answer is one fault. The package is loaded when the
first officer comes: a node without officers pays nothing for it.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import cached_property
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from rabita.line.errors import UserFault
from rabita.services.credentials import point_of
from rabita.services.officers import Passkey
from rabita.services.passkeys import CHALLENGE_MS, Shown

NAME: Final = "Rabita"
_ES256: Final = -7
_COORDINATE_BYTES: Final = 32


class WebauthnPasskeys:
    """Asks for and checks the passkeys of one origin, as in ``https://node.example``; its host is the relying party."""

    def __init__(self, origin: str) -> None:
        """Begin; nothing is loaded yet."""
        self._origin = origin
        self._rp_id = urlsplit(origin).hostname or ""

    def creation(self, challenge: bytes, officer: str, known: tuple[str, ...]) -> dict[str, Any]:
        """See ``Passkeys.creation``."""
        package = self._package
        structs = package.helpers.structs
        options = package.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=NAME,
            user_id=officer.encode(),
            user_name=officer,
            user_display_name=officer,
            challenge=challenge,
            timeout=CHALLENGE_MS,
            attestation=structs.AttestationConveyancePreference.NONE,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=_unpacked(each)) for each in known],
            supported_pub_key_algs=self._algorithms,
        )
        return _plain(package.options_to_json(options))

    def request(self, challenge: bytes) -> dict[str, Any]:
        """See ``Passkeys.request``."""
        package = self._package
        options = package.generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=CHALLENGE_MS,
            user_verification=package.helpers.structs.UserVerificationRequirement.REQUIRED,
        )
        return _plain(package.options_to_json(options))

    def challenge(self, answer: Mapping[str, Any]) -> bytes:
        """See ``Passkeys.challenge``."""
        try:
            client = json.loads(_unpacked(answer["response"]["clientDataJSON"]))
            return _unpacked(client["challenge"])
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise UserFault("passkey-refused") from None

    def made(self, answer: Mapping[str, Any], challenge: bytes) -> Shown:
        """See ``Passkeys.made``."""
        try:
            found = self._package.verify_registration_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
                supported_pub_key_algs=self._algorithms,
            )
        except Exception:  # noqa: BLE001 - the package raises what CBOR, JSON and cryptography do; all of it is one refusal
            raise UserFault("passkey-refused") from None
        point_of(found.credential_public_key)
        return Shown(_packed(found.credential_id), found.credential_public_key, found.sign_count)

    def shown(self, answer: Mapping[str, Any], challenge: bytes, passkey: Passkey | None) -> int:
        """See ``Passkeys.shown``."""
        try:
            found = self._package.verify_authentication_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key if passkey is not None else self._decoy,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception:  # noqa: BLE001 - as above
            raise UserFault("passkey-refused") from None
        if passkey is None or not self._belongs(answer, passkey.officer):
            raise UserFault("passkey-refused")
        return int(found.new_sign_count)

    def _belongs(self, answer: Mapping[str, Any], officer: str) -> bool:
        """Say whether the user handle that came along, if one did, is the officer's (WebAuthn level 3, 7.2 step 6)."""
        handle = answer["response"].get("userHandle")
        return not handle or handle == _packed(officer.encode())

    @cached_property
    def _package(self) -> ModuleType:
        import webauthn  # noqa: PLC0415 - 5 MiB of a node's 120, for those alone that have officers

        return webauthn

    @property
    def _algorithms(self) -> list[Any]:
        kinds = self._package.helpers.cose.COSEAlgorithmIdentifier
        return [kinds(_ES256)]

    @cached_property
    def _decoy(self) -> bytes:
        """Make the key (COSE) against which a passkey that nobody has is checked, so that it takes as long."""
        point = generate_private_key(SECP256R1()).public_key().public_numbers()
        x, y = (each.to_bytes(_COORDINATE_BYTES, "big") for each in (point.x, point.y))
        return b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y


def _plain(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _packed(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
