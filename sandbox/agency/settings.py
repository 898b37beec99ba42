"""What a process of the agency needs to know, from environment variables that begin with AGENCY_."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from sandbox.agency.seed import ACCOUNTS, studio_password
from storage.engine import connect


class SettingMissing(Exception):
    """An environment variable is needed and not set."""


def _text(name: str, default: str | None = None) -> str:
    value = os.environ.get(f"AGENCY_{name}", default)
    if value is None:
        raise SettingMissing(f"AGENCY_{name} is not set")
    return value


@dataclass(frozen=True)
class Settings:
    """Read when the process starts. A URL that a process never asks for need not be set."""

    port: int = field(default_factory=lambda: int(_text("PORT", "0")))
    pace: float = field(default_factory=lambda: float(_text("PACE", "12")))
    """Seconds between two posts that go out beside the calendar's own; 0 for none."""
    draft_every: float = field(default_factory=lambda: float(_text("DRAFT_EVERY", "300")))
    """Seconds between two new drafts that ask for approval; 0 for none."""
    seed: int = field(default_factory=lambda: int(_text("SEED", "1")))
    otlp_url: str | None = field(default_factory=lambda: os.environ.get("AGENCY_OTLP_URL"))
    trace_ratio: float = field(default_factory=lambda: float(_text("TRACE_RATIO", "0.15")))
    """The share of routine traces that is sent; those with an error or an escalation always are."""

    @property
    def secrets(self) -> list[str]:
        """What must stand in no log and no span."""
        given = [os.environ.get("AGENCY_COMMANDS_SECRET"), urlsplit(os.environ.get("AGENCY_DATABASE_URL", "")).password]
        return [*filter(None, given), *map(studio_password, ACCOUNTS)]

    def engine(self, name: str) -> Engine:
        return connect(_text("DATABASE_URL"), name=f"agency {name}")

    @property
    def commands_secret(self) -> str:
        """`whsec_…`, shared with the bot."""
        return _text("COMMANDS_SECRET")

    @property
    def platforms_url(self) -> str:
        return _text("PLATFORMS_URL")

    @property
    def gateway_url(self) -> str:
        return _text("GATEWAY_URL")

    @property
    def web_url(self) -> str:
        return _text("WEB_URL")

    @property
    def storage_url(self) -> str:
        return _text("STORAGE_URL")

    @property
    def browser_url(self) -> str:
        return _text("BROWSER_URL")

    @property
    def files(self) -> Path:
        """The folder of asset storage."""
        return Path(_text("FILES"))
