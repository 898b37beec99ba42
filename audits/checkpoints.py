"""A checkpoint: the signed sentence "the first `size` rows of the record have this root", chained to the one before.

Its `body` is the exact text that is signed, canonical JSON, so that it can be kept anywhere and checked by anybody.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from audits.model import canonical

if TYPE_CHECKING:
    from audits.signing import PublicKey, Signer


@dataclass(frozen=True)
class Checkpoint:
    """`root` and `previous` are hex; `previous` is the SHA-256 of the body before, "" for the first."""

    body: str
    signature: bytes
    size: int
    root: str
    previous: str
    at: str
    key_id: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def line(self) -> bytes:
        """One line of JSON; `parse` reads it."""
        return canonical({"body": self.body, "signature": base64.b64encode(self.signature).decode()})

    def signed_by_one_of(self, keys: Mapping[str, "PublicKey"]) -> bool:
        key = keys.get(self.key_id)
        return key is not None and key.signed(self.body.encode(), self.signature)


class Malformed(ValueError):
    """It is no checkpoint."""


def signed(signer: "Signer", size: int, root: bytes, previous: Checkpoint | None, at: datetime) -> Checkpoint:
    """Signs what the record is now."""
    told = {
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "key": signer.public.key_id,
        "previous": previous.digest if previous else "",
        "root": root.hex(),
        "size": size,
    }
    body = canonical(told).decode()
    return opened(body, signer.sign(body.encode()))


def opened(body: str, signature: bytes) -> Checkpoint:
    """The checkpoint of a body and its signature, which is not checked here. Raises Malformed."""
    try:
        told = json.loads(body)
        size, *texts = (told[name] for name in ("size", "root", "previous", "at", "key"))
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise Malformed(f"no checkpoint: {body[:200]!r}") from problem
    if (
        type(size) is not int
        or size < 1
        or not all(isinstance(one, str) for one in texts)
        or canonical(told) != body.encode()
    ):
        raise Malformed(f"no checkpoint: {body[:200]!r}")
    return Checkpoint(body, signature, size, *texts)


def parsed(line: str | bytes) -> Checkpoint:
    """The checkpoint of a line. Raises Malformed."""
    try:
        told = json.loads(line)
        body, signature = str(told["body"]), base64.b64decode(told["signature"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise Malformed(f"no checkpoint: {line[:200]!r}") from problem
    return opened(body, signature)
