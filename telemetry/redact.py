"""Takes secrets out of whatever leaves the process: log lines, span attributes, stored errors, text shown in Slack.

Three nets, each catching what the others miss: the secrets this process was given, word for word (`register`); fields
named like a secret; text shaped like one. A mask tells the kind and a short hash, so that two lines about one secret
can still be matched. The hash is keyed anew in every process: a plain one would let a weak password be guessed.
"""

import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import islice
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

from telemetry.ids import Ids
from telemetry.shapes import NAME, SHAPES, SUSPICIOUS

FIELD_BYTES = 2048
_TEXT_CHARS = 16_384  # what is longer is cut before it is searched, so that a hostile text costs a bounded time
_DEPTH = 6
_SHORTEST = 6  # a registered secret of fewer characters would mask ordinary words

_hash_key = secrets.token_bytes(16)
_mask_hash = re.compile(r"(\[redacted:[a-z-]+):[0-9a-f]{8}\]")
_registered: tuple[tuple[str, str], ...] = ()  # every written form of every secret, the longest first, and its mask


def register(values: Iterable[str]) -> None:
    """From now on these secrets of the process are masked wherever they stand, also URL-encoded, quoted or in base64.

    A secret of fewer than 6 characters is left alone: it would mask ordinary words.
    """
    global _registered  # a process has one set of secrets
    forms = dict(_registered)
    for value in values:
        if len(value) >= _SHORTEST:
            forms |= dict.fromkeys(_written_forms(value), _mask("registered", value))
    _registered = tuple(sorted(forms.items(), key=lambda form: -len(form[0])))
    _short_field.cache_clear()
    own_ids.cache_clear()


def text(value: str) -> str:
    """The text with every secret masked; what lies beyond 16 Ki characters is cut off."""
    value = value[:_TEXT_CHARS]
    for form, mask in _registered:
        value = value.replace(form, mask)
    lower = value.lower()
    if SUSPICIOUS.search(lower):
        for kind, hints, pattern, keeps in SHAPES:
            if any(hint in lower for hint in hints):
                value = pattern.sub(partial(_masked, kind, keeps), value)
    return value


def field(name: str, value: object) -> object:
    """The value as it may be written under this name: without secrets, at most 2 KiB, and such that JSON can hold it.

    Numbers are kept even under a secret's name: `tokens` are counted more often than leaked.
    """
    if isinstance(value, str):
        if len(value) <= 128:
            return _short_field(name, value)
        return _mask("named", value) if _is_secret(name) else _cut(text(value))
    if value is None or isinstance(value, float):
        return value
    cleaned = _clean(name, value, 0)
    if isinstance(cleaned, dict | list) and len(written := orjson.dumps(cleaned)) > FIELD_BYTES:
        return _cut(written.decode())
    return cleaned


def kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as a store may keep them for good: masked alike by every process, so that what is told again is the
    same; a mask tells the kind alone."""
    return {str(field("", name)): _unhashed(field(name, value)) for name, value in values.items()}


def _unhashed(value: Any) -> Any:
    if isinstance(value, str):
        return _mask_hash.sub(r"\1]", value) if "[redacted:" in value else value
    if isinstance(value, dict):
        return {_unhashed(name): _unhashed(item) for name, item in value.items()}
    return [_unhashed(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=4096)
def own_ids(ids: Ids) -> Mapping[str, str]:
    """The ids that are present, as they may be written; all that happens in one context asks for the same ones."""
    return {name: str(field(name, value)) for name, value in ids.present().items()}


@lru_cache(maxsize=4096)
def _short_field(name: str, value: str) -> str:
    """Names and statuses come again and again; looking one up takes a tenth of searching it."""
    return _mask("named", value) if _is_secret(name) else _cut(text(value))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return NAME.search(name) is not None


def _clean(name: str, value: object, depth: int) -> object:
    if value is None or isinstance(value, float | bool | date):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)  # orjson's range
    if _is_secret(name):
        return _mask("named", printed(value))
    if depth < _DEPTH and isinstance(value, Mapping):
        items = islice(value.items(), FIELD_BYTES)
        return {_cut(text(printed(key))): _clean(printed(key), item, depth + 1) for key, item in items}
    if depth < _DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, item, depth + 1) for item in islice(value, FIELD_BYTES)]
    return _cut(text(printed(value)))


def printed(value: object) -> str:
    """`str` that never raises: a broken `__str__` must not break the work that tells of the value."""
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"


def _cut(value: str) -> str:
    """At most 2 KiB of UTF-8; a lone surrogate, which UTF-8 cannot hold, is written as an escape."""
    written = value.encode("utf-8", "backslashreplace")
    if len(written) <= FIELD_BYTES:
        return written.decode()
    return written[: FIELD_BYTES - 3].decode("utf-8", "ignore") + "…"


def _masked(kind: str, keeps: bool, match: re.Match[str]) -> str:
    kept = match["keep"] if keeps else ""
    return kept + _mask(kind, match[0].removeprefix(kept))


def _mask(kind: str, secret: str) -> str:
    digest = blake2b(secret.encode("utf-8", "replace"), digest_size=4, key=_hash_key).hexdigest()
    return f"[redacted:{kind}:{digest}]"


def _written_forms(value: str) -> set[str]:
    quoted = orjson.dumps(value)[1:-1].decode()
    return {value, quoted, quote(value), quote(value, safe=""), quote_plus(value), b64encode(value.encode()).decode()}
