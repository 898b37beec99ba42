"""Which client a person means, and what platforms and reasons are called. What comes out is plain: escape it."""

from collections.abc import Sequence
from difflib import get_close_matches

from clients.model import Client
from telemetry.ids import Platform

_REASONS = {
    "platform_5xx": "API error",
    "rate_limited": "rate limit",
    "auth": "log-in refused",
    "media_rejected": "media rejected",
    "not_found": "not seen live",
}
_WRAPPING = " \t\n\"'`*_“”‘’«»"


def client_called(clients: Sequence[Client], asked: str) -> Client | list[Client]:
    """The client with this id or name, or the only one whose name begins so; else up to three with close names."""
    wanted = asked.strip(_WRAPPING).casefold()
    for name in (_id, _name):
        same = [client for client in clients if name(client) == wanted]
        if len(same) == 1:
            return same[0]
        if same:
            return same[:3]
    begun = [
        client for client in clients if wanted and (_id(client).startswith(wanted) or _name(client).startswith(wanted))
    ]
    if len(begun) == 1:
        return begun[0]
    by_name = {name(client): client for client in clients for name in (_id, _name)}
    close = [by_name[name] for name in get_close_matches(wanted, by_name, n=6, cutoff=0.6)]
    return list(dict.fromkeys([*begun, *close]))[:3]


def asks_for_help(asked: str) -> bool:
    return asked.strip(_WRAPPING).casefold() in {"help", "?", "-h", "--help"}


def platform_name(platform: str | None) -> str:
    return Platform(platform).title if platform in set(Platform) else platform or ""


def reason_words(reason: str | None) -> str:
    """`API error`, `rate limit`, …; a reason we do not know as it came, without its underscores."""
    return _REASONS.get(reason or "", (reason or "no reason given").replace("_", " "))


def _id(client: Client) -> str:
    return client.client_id.casefold()


def _name(client: Client) -> str:
    return client.name.casefold()
