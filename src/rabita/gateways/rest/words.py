"""Every sentence of the officers' pages, in one place, so that translators find them and no page holds any other."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "Rabita",
        "skip": "Skip to the page",
        "noscript": "Passkeys need JavaScript; this node's own script is the only one that runs here.",
        "sign_in_title": "Sign in",
        "sign_in_lead": "Sign in with the passkey of this node. There are no passwords.",
        "sign_in_button": "Sign in with a passkey",
        "sign_in_done": "You are signed in.",
        "sign_in_enrol": "I have a one-time code",
        "enrol_title": "Enrol a passkey",
        "enrol_lead": "Enter the one-time code you were given. It is good once and for minutes.",
        "enrol_code": "One-time code",
        "enrol_button": "Make a passkey",
        "enrol_done": "The passkey is made. Now sign in with it.",
        "sessions_title": "Sessions",
        "sessions_lead": "Where you are signed in. End whatever is not you.",
        "sessions_caption": "Sessions that stand",
        "sessions_began": "Began",
        "sessions_seen": "Last used",
        "sessions_which": "Which",
        "sessions_act": "End it",
        "sessions_own": "this one",
        "sessions_other": "another",
        "sessions_end": "End",
        "sessions_sign_out": "Sign out",
        "sessions_none": "You are not signed in.",
        "working": "Waiting for your passkey …",
        "cancelled": "Nothing was done: the browser was told to stop, or had no passkey for this node.",
        "unsupported": "This browser knows no passkeys, or was not asked over a secure connection.",
        "failed": "This node did not answer.",
    }
)
