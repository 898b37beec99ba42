"""Ed25519 signatures of checkpoints: who holds the signing key says what the record was, anybody can check it.

A key is written as base64 of its 32 bytes. Where the signing key is kept is left to the settings.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

KEY_BYTES = 32


class BadKey(ValueError):
    """It is not base64 of 32 bytes."""


@dataclass(frozen=True)
class PublicKey:
    """A key to check signatures with."""

    raw: bytes

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """Raises BadKey."""
        return cls(_decoded(text))

    @property
    def key_id(self) -> str:
        """Short, to find the right one of several."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def __str__(self) -> str:
        return base64.b64encode(self.raw).decode()

    def signed(self, data: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `data`."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)


class Signer:
    """Holds a signing key."""

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = PublicKey(bytes(self._key.public_key().public_bytes_raw()))

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Raises BadKey."""
        return cls(_decoded(text))

    def sign(self, data: bytes) -> bytes:
        return bytes(self._key.sign(data))


def new_key() -> str:
    """A new signing key, as text."""
    return base64.b64encode(bytes(Ed25519PrivateKey.generate().private_bytes_raw())).decode()


def trusted(keys: Iterable[PublicKey]) -> dict[str, PublicKey]:
    """The keys by their ids, as `verify` wants them."""
    return {key.key_id: key for key in keys}


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise BadKey(f"a key is base64 of {KEY_BYTES} bytes; hint: checkin audits new-key prints one")
    return raw
