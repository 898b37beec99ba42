"""What a stop's words name: `acme instagram` → Instagram at Acme. The other way round is `stop.scope_words`."""

from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy import Connection

from audits import Scope
from clients import store as clients
from telemetry.ids import Lane, Platform

EVERYTHING = "everything"
_TITLES = {each.title.casefold(): each.value for each in Platform}


@dataclass(frozen=True)
class Unknown:
    """The first word that does not fit: what it may have been meant to be, or that it is one too many."""

    word: str
    close: tuple[str, ...] = ()
    surplus: bool = False


def named(db: Connection, text: str) -> Scope | Unknown:
    """A client's id or name, a platform, a lane, in any order; `everything` or nothing is all of it."""
    everyone = clients.all_clients(db)
    rest = " ".join(text.casefold().split())
    by_name = {client.name.casefold(): client.client_id for client in everyone}
    client_id = None
    for name in sorted(by_name, key=len, reverse=True):  # names may hold spaces
        if rest == name or rest.startswith(f"{name} ") or rest.endswith(f" {name}"):
            client_id = by_name[name]
            rest = rest.replace(name, "", 1)
            break
    ids = {client.client_id for client in everyone}
    found = _parts(rest, ids, client_id)
    if isinstance(found, Scope):
        return found
    by_word = {**by_name, **{known: known for known in (*ids, *Platform, *Lane, EVERYTHING)}}
    if found in by_word:
        return Unknown(found, surplus=True)
    close = get_close_matches(found, by_word, n=3)
    return Unknown(found, tuple(dict.fromkeys(by_word[word] for word in close)))


def named_unseen(text: str) -> Scope | Unknown:
    """The same without the database: a word that is no platform and no lane must be a client's id."""
    words = text.casefold().split()
    found = _parts(" ".join(words), set(words), None)
    return found if isinstance(found, Scope) else Unknown(found)


def _parts(rest: str, ids: set[str], client_id: str | None) -> Scope | str:
    """The scope, or the first word that does not fit."""
    platform = lane = None
    if rest == EVERYTHING and client_id is None:
        return Scope()
    for word in rest.split():
        if platform is None and (word in set(Platform) or word in _TITLES):
            platform = _TITLES.get(word, word)
        elif lane is None and word in set(Lane):
            lane = word
        elif client_id is None and word != EVERYTHING and word in ids:
            client_id = word
        else:
            return word
    return Scope(client_id, platform, lane)
