"""Checks a record against its seals and against checkpoints that were kept elsewhere: whole, tampered with, incomplete.

Pure: where entries come from (the database, an export) is left to the caller. Nothing but the trusted public keys is
believed: leaves and tree are made anew, of every checkpoint the signature and its place in the chain are checked.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from audits.checkpoints import Checkpoint
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

    An export has no leaves but those of rows that are not in it.
    """

    index: int
    line: bytes | None
    leaf: bytes | None


@dataclass
class Verdict:
    """`first_bad` is the place in the sealed order of the first row that is wrong, where one can be named."""

    size: int = 0
    absent: int = 0
    """Rows known by their leaves only: retired, or of other months."""
    checkpoints: int = 0
    head: Checkpoint | None = None
    tampered: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    retirements: list[dict[str, Any]] = field(default_factory=list)
    """The events that tell of them."""
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
    *,
    part: bool = False,
) -> Verdict:
    """`checkpoints` are those beside the entries, smallest first; `heads` were kept where nobody here can write.

    Of a `part`, the export of a month, other rows are known by their leaves only.
    """
    verdict = Verdict(checkpoints=len(checkpoints))
    roots = _rows(verdict, entries, {one.size for one in (*checkpoints, *heads)}, part)
    _chain(verdict, checkpoints, keys, roots)
    _outside(verdict, heads, keys, roots)
    if not keys:
        verdict.incomplete.append("no public key was given, so no signature can be checked")
    verdict.head = checkpoints[-1] if checkpoints else None
    signed = verdict.head.size if verdict.head else 0
    if verdict.size > signed:
        verdict.accuse(f"rows from {signed} on are under no checkpoint", signed)
    if not (verdict.size or signed):
        verdict.incomplete.append("nothing is sealed")
    return verdict


def _rows(verdict: Verdict, entries: Iterable[Entry], sizes: set[int], part: bool) -> dict[int, bytes]:
    """Builds the tree; the roots it has at the asked sizes."""
    tree = Tree()
    roots: dict[int, bytes] = {}
    missing: list[int] = []
    retired: list[tuple[int, int]] = []
    try:
        for entry in entries:
            if entry.index != tree.size:
                place = min(entry.index, tree.size)
                verdict.accuse(f"row {place} is not in its place", place)
                break
            leaf = leaf_hash(entry.line) if entry.line is not None else entry.leaf or b""
            if entry.line is None:
                missing.append(entry.index)
            elif leaf != (entry.leaf or leaf):
                verdict.accuse(f"row {entry.index} is not what was sealed", entry.index)
            elif _RETIRES in entry.line:
                told = json.loads(entry.line)
                if told["action_type"] == ActionType.RETIRE:
                    verdict.retirements.append(told)
                    retired += _spans(told, entry.index)
            tree.add(leaf)
            if tree.size in sizes:
                roots[tree.size] = tree.root()
    except ValueError as problem:  # Malformed, or a value that nothing of ours can have written
        verdict.accuse(f"row {tree.size} or soon after: {problem}", tree.size)
    verdict.size = tree.size
    verdict.absent = len(missing)
    if part:
        return roots
    gone = next((index for index in missing if not any(first <= index <= last for first, last in retired)), None)
    if gone is not None:
        verdict.accuse(f"row {gone} is gone, and no retirement tells of it", gone)
    return roots


_RETIRES = f'"action_type":"{ActionType.RETIRE}"'.encode()


def _spans(told: Mapping[str, Any], here: int) -> list[tuple[int, int]]:
    """The places of the rows that a retirement took away, first and last of each run; all of them before its own."""
    try:
        spans = [(int(first), int(last)) for first, last in told["proof"]["spans"]]
    except (KeyError, TypeError, ValueError):  # not one that Postgres wrote: it explains nothing
        return []
    return [(first, last) for first, last in spans if last < here]


def _chain(
    verdict: Verdict, checkpoints: Sequence[Checkpoint], keys: Mapping[str, "PublicKey"], roots: Mapping[int, bytes]
) -> None:
    before: Checkpoint | None = None
    known = len(verdict.tampered)
    for one in checkpoints:
        start = before.size if before else 0
        if keys and not one.signed_by_one_of(keys):
            verdict.accuse(f"the checkpoint of {one.size} rows is not signed by a trusted key", start)
        if one.previous != (before.digest if before else "") or one.size <= start:
            verdict.accuse(f"the checkpoint of {one.size} rows does not follow the one of {start}", start)
        named = verdict.first_bad is not None and start <= verdict.first_bad < one.size
        if one.size > verdict.size:
            words = f"of rows {start} to {one.size - 1} only {verdict.size - start} are here"
            verdict.accuse(words, None if named else start)
        elif roots[one.size].hex() != one.root:
            verdict.accuse(f"rows {start} to {one.size - 1} are not those that were sealed", None if named else start)
        if len(verdict.tampered) > known:
            return  # what follows rests on it
        before = one


def _outside(
    verdict: Verdict, heads: Sequence[Checkpoint], keys: Mapping[str, "PublicKey"], roots: Mapping[int, bytes]
) -> None:
    same = 0
    for head in sorted(heads, key=lambda head: head.size):
        if keys and not head.signed_by_one_of(keys):
            verdict.incomplete.append(f"the checkpoint of {head.size} rows kept elsewhere has no trusted signature")
        elif head.size > verdict.size:
            verdict.accuse(f"{head.size} rows were sealed at {head.at}, {verdict.size} are here", verdict.size)
        elif roots[head.size].hex() != head.root:
            verdict.accuse(f"the first {head.size} rows are others than at {head.at}", same)
        else:
            same = head.size
