"""Checks a record against its seals and against checkpoints that were kept elsewhere: whole, tampered with, incomplete.

Pure: where entries come from (the database, an export) is left to the caller. Nothing but the trusted public keys is
believed: leaves and tree are made anew, of every checkpoint the signature and its place in the chain are checked.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from audits.checkpoints import Checkpoint, Malformed
from audits.merkle import Tree, leaf_hash
from audits.model import ActionType

if TYPE_CHECKING:
    from audits.signing import PublicKey


class State(IntEnum):
    """Also the exit code."""

    WHOLE = 0
    TAMPERED = 1
    INCOMPLETE = 2


@dataclass(frozen=True)
class Entry:
    """What is kept of one sealed row: its place, the exact bytes (None once its month is retired), its leaf's hash.

    An export has no leaves but those of rows that are retired.
    """

    index: int
    line: bytes | None
    leaf: bytes | None


@dataclass
class Verdict:
    """`first_bad` is the place in the sealed order of the first row that is wrong, where one can be named."""

    size: int = 0
    retired: int = 0
    checkpoints: int = 0
    head: Checkpoint | None = None
    tampered: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    first_bad: int | None = None

    @property
    def state(self) -> State:
        return State.TAMPERED if self.tampered else State.INCOMPLETE if self.incomplete else State.WHOLE

    def accuse(self, problem: str, index: int | None = None) -> None:
        self.tampered.append(problem)
        if index is not None and (self.first_bad is None or index < self.first_bad):
            self.first_bad = index


def verify(
    entries: Iterable[Entry],
    checkpoints: Sequence[Checkpoint],
    keys: Mapping[str, "PublicKey"],
    heads: Sequence[Checkpoint] = (),
) -> Verdict:
    """`checkpoints` are those beside the entries, smallest first; `heads` were kept where nobody here can write."""
    verdict = Verdict(checkpoints=len(checkpoints))
    roots = _rows(verdict, entries, {one.size for one in (*checkpoints, *heads)})
    _chain(verdict, checkpoints, keys, roots)
    _outside(verdict, heads, keys, roots)
    if not keys:
        verdict.incomplete.append("no public key was given, so no signature can be checked")
    if checkpoints:
        verdict.head = checkpoints[-1]
        if verdict.size > verdict.head.size:
            verdict.accuse(f"rows from {verdict.head.size} on are under no checkpoint", verdict.head.size)
    elif verdict.size:
        verdict.incomplete.append("there is no checkpoint")
    return verdict


def _rows(verdict: Verdict, entries: Iterable[Entry], sizes: set[int]) -> dict[int, bytes]:
    """Builds the tree; the roots it has at the asked sizes."""
    tree = Tree()
    roots = {0: tree.root()} if 0 in sizes else {}
    missing: list[int] = []
    retired: list[tuple[int, int]] = []
    try:
        for entry in entries:
            if entry.index != tree.size:
                place = min(entry.index, tree.size)
                verdict.accuse(f"row {place} is not in its place", place)
                break
            leaf = leaf_hash(entry.line) if entry.line is not None else entry.leaf or b""
            if entry.leaf is not None and leaf != entry.leaf:
                verdict.accuse(f"row {entry.index} is not what was sealed", entry.index)
            if entry.line is None:
                missing.append(entry.index)
            elif _RETIRES in entry.line:
                retired += _retired(entry.line)
            tree.add(leaf)
            if tree.size in sizes:
                roots[tree.size] = tree.root()
    except Malformed as problem:
        verdict.accuse(f"row {tree.size}: {problem}", tree.size)
    verdict.size = tree.size
    verdict.retired = len(missing)
    gone = next((index for index in missing if not any(first <= index <= last for first, last in retired)), None)
    if gone is not None:
        verdict.accuse(f"row {gone} is gone, and no retirement tells of it", gone)
    return roots


_RETIRES = f'"action_type":"{ActionType.RETIRE}"'.encode()


def _retired(line: bytes) -> list[tuple[int, int]]:
    """The places of the rows that a retirement took away, first and last of each run."""
    told: dict[str, Any] = json.loads(line)
    try:
        return [(int(first), int(last)) for first, last in told["proof"]["spans"]]
    except (KeyError, TypeError, ValueError):  # not one that Postgres wrote: it explains nothing
        return []


def _chain(
    verdict: Verdict, checkpoints: Sequence[Checkpoint], keys: Mapping[str, "PublicKey"], roots: Mapping[int, bytes]
) -> None:
    before: Checkpoint | None = None
    for one in checkpoints:
        start = before.size if before else 0
        if keys and not one.signed_by_one_of(keys):
            verdict.accuse(f"the checkpoint of {one.size} rows is not signed by a trusted key", start)
        if one.previous != (before.digest if before else "") or one.size <= start:
            verdict.accuse(f"the checkpoint of {one.size} rows does not follow the one of {start}", start)
        if one.size > verdict.size:
            verdict.accuse(f"rows from {verdict.size} to {one.size - 1} are gone", verdict.size)
        elif roots[one.size].hex() != one.root:
            named = verdict.first_bad is not None and start <= verdict.first_bad < one.size
            verdict.accuse(f"rows {start} to {one.size - 1} are not those that were sealed", None if named else start)
        if verdict.tampered:
            return  # what follows rests on it
        before = one


def _outside(
    verdict: Verdict, heads: Sequence[Checkpoint], keys: Mapping[str, "PublicKey"], roots: Mapping[int, bytes]
) -> None:
    for head in heads:
        if keys and not head.signed_by_one_of(keys):
            verdict.incomplete.append(f"the checkpoint of {head.size} rows kept elsewhere has no trusted signature")
        elif head.size > verdict.size:
            verdict.accuse(f"{head.size} rows were sealed at {head.at}, {verdict.size} are here", verdict.size)
        elif roots[head.size].hex() != head.root:
            verdict.accuse(f"the first {head.size} rows are others than at {head.at}")
