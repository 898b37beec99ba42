"""The agency's clients and what waits for a person when the day of history ends, read once from `clients.toml`.

An agency with more clients than the file names (AGENCY_CLIENTS) has branches of the named ones in other towns.
"""

import hashlib
import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

_DATA = tomllib.loads((Path(__file__).parent / "clients.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Post:
    title: str
    text: str


@dataclass(frozen=True)
class Account:
    """A client of the agency: where it posts and with what words."""

    client_id: str
    name: str
    colour: str
    platforms: tuple[str, ...]
    posts: tuple[Post, ...]


@dataclass(frozen=True)
class Draft:
    """A post that waits for approval, or was blocked; due `minutes` from now."""

    client_id: str
    platform: str
    surface: str
    post: Post
    minutes: int = 0
    risk: str | None = None


@dataclass(frozen=True)
class Thread:
    """A conversation that needs a person; `history` is who said what, oldest first."""

    client_id: str
    platform: str
    surface: str
    title: str
    author: str
    excerpt: str
    reply: str
    minutes: int
    history: tuple[tuple[str, str], ...]


NAMED: tuple[Account, ...] = tuple(
    Account(
        client_id=entry["id"],
        name=entry["name"],
        colour=entry["colour"],
        platforms=tuple(entry["platforms"]),
        posts=tuple(Post(title, text) for title, text in entry["posts"]),
    )
    for entry in _DATA["client"]
)


def accounts(many: int) -> dict[str, Account]:
    """So many clients: the named ones, then a branch of each in one town after the other."""
    found = [_branch(NAMED[place % len(NAMED)], place // len(NAMED)) for place in range(many)]
    return {account.client_id: account for account in found}


def _branch(account: Account, number: int) -> Account:
    """0 is the client itself."""
    if not number:
        return account
    towns: list[str] = _DATA["towns"]
    again, place = divmod(number - 1, len(towns))
    town = towns[place] + (f" {again + 1}" if again else "")
    slug = town.lower().replace(" ", "-")
    return replace(account, client_id=f"{account.client_id}-{slug}", name=f"{account.name} {town}")


ACCOUNTS: dict[str, Account] = accounts(int(os.environ.get("AGENCY_CLIENTS", len(NAMED))))

PAIRS: tuple[tuple[str, str], ...] = tuple(
    (account.client_id, platform) for account in ACCOUNTS.values() for platform in account.platforms
)


def _draft(entry: dict[str, str], minutes: int = 0) -> Draft:
    return Draft(
        client_id=entry["client"],
        platform=entry["platform"],
        surface=entry["surface"],
        post=Post(entry["title"], entry["text"]),
        minutes=minutes,
        risk=entry.get("risk"),
    )


APPROVALS: tuple[Draft, ...] = tuple(_draft(entry, entry["minutes"]) for entry in _DATA["approval"])

THREADS: tuple[Thread, ...] = tuple(
    Thread(
        client_id=entry["client"],
        platform=entry["platform"],
        surface=entry["surface"],
        title=entry["title"],
        author=entry["author"],
        excerpt=entry["excerpt"],
        reply=entry["reply"],
        minutes=entry["minutes"],
        history=tuple((who, text) for who, text in entry["history"]),
    )
    for entry in _DATA["escalation"]
)

BLOCKED: Draft = _draft(_DATA["policy_block"])
BLOCK_REASON: str = _DATA["policy_block"]["reason"]
BLOCK_POLICY: str = _DATA["policy_block"]["policy"]
BLOCK_EXPLANATION: str = _DATA["policy_block"]["explanation"]


def studio_password(client_id: str) -> str:
    """What the client's person and the platform's studio both know."""
    return hashlib.sha256(f"studio/{client_id}".encode()).hexdigest()[:20]
