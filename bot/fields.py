"""What a value in the settings must look like, said in plain words with a hint."""

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_EXAMPLE = "postgresql+psycopg://USER:PASSWORD@HOST/checkin"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise ValueError(f"{name!r} is no IANA time zone; hint: write it like Europe/Madrid") from problem
    return name


def token(prefix: str, where: str) -> Any:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"must start with {prefix}; hint: {where}")
        return value

    return AfterValidator(check)


def _database(value: SecretStr) -> SecretStr:
    try:
        make_url(value.get_secret_value())
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
Zone = Annotated[str, AfterValidator(_zone)]
Who = Annotated[
    str,
    matching(
        r"^[UWS][A-Z0-9]{5,}$",
        "must be a Slack id; hint: U… or W… of a person, S… of a user group (in Slack: profile → ⋮ → Copy member ID)",
    ),
]
"""A Slack user id (U…, W…) or user group id (S…)."""
