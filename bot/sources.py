"""Who may write over HTTP: a source is a service with its tokens, what it may write, and of which clients."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a source may write; each is a path below /v1."""

    CLIENTS = "clients"
    CALENDAR_ITEMS = "calendar-items"
    CONNECTIONS = "connections"
    USAGE = "usage"
    FUNNEL_STEPS = "funnel-steps"
    WORK_ITEMS = "work-items"
    RESULTS = "results"
    AUDITS = "audits"
    PERMITS = "permits"


@dataclass(frozen=True)
class Source:
    """`clients` None: of all clients. Tokens are kept as SHA-256."""

    name: str
    scopes: frozenset[Scope]
    clients: frozenset[str] | None
    tokens: tuple[bytes, ...]

    def may_write_of(self, client_id: str) -> bool:
        return self.clients is None or client_id in self.clients


def hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def holder(sources: Iterable[Source], token: str) -> Source | None:
    """Whose token this is. Takes the same time for every token that nobody holds."""
    digest = hashed(token)
    found = None
    for source in sources:
        for own in source.tokens:
            if hmac.compare_digest(own, digest):
                found = source
    return found
