"""What a value in the settings must look like, said in plain words with a hint."""

import base64
import binascii
import re
from datetime import time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from audits.signing import PublicKey, Signer

_SIGNING_BYTES = 24  # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
_EXAMPLE = "postgresql+psycopg://USER:PASSWORD@HOST/checkin"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise ValueError(f"{name!r} is no IANA time zone; hint: write it like Europe/Madrid") from problem
    return name


def token(prefix: str, where: str) -> Any:
    def check(value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if not secret.startswith(prefix):
            raise ValueError(f"must start with {prefix}; hint: {where}")
        if re.search(r"\s", secret):
            raise ValueError(f"must be one line without spaces; hint: {where}")
        return value

    return AfterValidator(check)


def _signing(value: SecretStr) -> SecretStr:
    try:
        key = base64.b64decode(value.get_secret_value().removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < _SIGNING_BYTES:
        raise ValueError(
            f"must be at least {_SIGNING_BYTES} bytes in base64; hint: echo whsec_$(openssl rand -base64 32)"
        )
    return value


def _clock(value: object) -> object:
    """TOML's own times, and text; a number would be read as seconds after midnight."""
    if isinstance(value, time | str) and not re.search("[Zz+]|-", str(value)):
        return value
    raise ValueError("must be a time of the pod's own day; hint: write it like 09:00:00")


def _database(value: SecretStr) -> SecretStr:
    try:
        address = make_url(value.get_secret_value())
        if not address.database or not (address.host or address.query.get("host")):
            raise ValueError  # noqa: TRY301  (one sentence for all of it)
    except (ArgumentError, ValueError):  # its words may hold the password
        raise ValueError(f"is no database address; hint: write it like {_EXAMPLE}") from None
    return value


def url(example: str) -> Any:
    return matching(r"^https?://[^\s/]+", f"must be an http or https address; hint: {example}")


def matching(pattern: str, otherwise: str) -> Any:
    def check(value: str) -> str:
        if not re.search(pattern, value):
            raise ValueError(otherwise)
        return value

    return AfterValidator(check)


DatabaseUrl = Annotated[SecretStr, token("postgresql+psycopg://", _EXAMPLE), AfterValidator(_database)]


def _key(value: SecretStr) -> SecretStr:
    Signer.parse(value.get_secret_value())
    return value


def _public_key(value: str) -> str:
    PublicKey.parse(value)
    return value


SigningKey = Annotated[SecretStr, AfterValidator(_key)]
"""Ed25519, base64 of its 32 bytes; so is a VerifyingKey."""
VerifyingKey = Annotated[str, AfterValidator(_public_key)]
SigningSecret = Annotated[
    SecretStr,
    token("whsec_", "the secret your platform checks commands with, base64 after whsec_"),
    AfterValidator(_signing),
]
Channel = Annotated[
    str,
    matching(r"^(#\S+|[CDGUW][A-Z0-9]{8,})$", "must be a channel; hint: #ops-urgent, or its id like C0123456789"),
]
"""By its name or id; a person's id (U…, W…) means their direct messages."""
Clock = Annotated[time, BeforeValidator(_clock)]
Zone = Annotated[str, AfterValidator(_zone)]
Who = Annotated[
    str,
    matching(
        r"^[UWS][A-Z0-9]{5,}$",
        "must be a Slack id; hint: U… or W… of a person, S… of a user group (in Slack: profile → ⋮ → Copy member ID)",
    ),
]
"""A Slack user id (U…, W…) or user group id (S…)."""
