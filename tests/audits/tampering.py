"""Nine ways to tamper with a sealed record, each played by dice: what is left of the log, and which row is wrong first.

The log is what `verify` is given, so it may be the one of a database (with leaves) or of an export (without).
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, TypeVar

from audits.checkpoints import Checkpoint, opened, signed
from audits.merkle import Tree, leaf_hash
from audits.model import canonical
from audits.signing import Signer, new_key
from audits.verify import Entry, Verdict, verify
from tests.factories import NOON

SIGNER = Signer.parse(new_key())
STRANGER = Signer.parse(new_key())
KEYS = {SIGNER.public.key_id: SIGNER.public}
T = TypeVar("T")


@dataclass(frozen=True)
class Log:
    """`heads` are checkpoints that somebody kept elsewhere."""

    entries: Sequence[Entry]
    checkpoints: Sequence[Checkpoint]
    heads: Sequence[Checkpoint] = ()

    def verdict(self) -> Verdict:
        return verify(self.entries, self.checkpoints, KEYS, self.heads)

    @property
    def sizes(self) -> list[int]:
        return [one.size for one in self.checkpoints]

    def span(self, row: int) -> int:
        """The first row of those that were sealed together with `row`."""
        return max((size for size in self.sizes if size <= row), default=0)


@dataclass(frozen=True)
class Tampered:
    """`bad` is the first row that is wrong; at the earliest `since` may be named where no leaf tells which it is."""

    log: Log
    bad: int
    since: int


def sealed(entries: Iterable[Entry], sizes: Sequence[int], signer: Signer = SIGNER) -> list[Checkpoint]:
    """The checkpoints of these rows, as whoever holds `signer` makes them."""
    tree, made, wanted = Tree(), list[Checkpoint](), set(sizes)
    for entry in entries:
        tree.add(leaf_hash(entry.line) if entry.line is not None else entry.leaf or b"")
        if tree.size in wanted:
            made.append(
                signed(
                    signer, tree.size, tree.root(), made[-1] if made else None, NOON + timedelta(seconds=10 * len(made))
                )
            )
    return made


def flip(log: Log, dice: Random) -> Tampered:
    """One bit of a row, of its leaf, of a signature; or one thing that a checkpoint says."""
    what = dice.choice(["line", "line", "line", "leaf", "signature", "body"])
    row = dice.randrange(len(log.entries))
    entry = log.entries[row]
    if what == "leaf" and entry.leaf is not None:
        return _rows(log, _with(log.entries, row, replace(entry, leaf=_flipped(entry.leaf, dice))), row, exact=True)
    if what in ("line", "leaf"):
        changed = replace(entry, line=_flipped(entry.line or b"", dice))
        return _rows(log, _with(log.entries, row, changed), row, exact=entry.leaf is not None)
    place = dice.randrange(len(log.checkpoints))
    one = log.checkpoints[place]
    if what == "signature":
        return _seals(log, _with(log.checkpoints, place, replace(one, signature=_flipped(one.signature, dice))), place)
    told = json.loads(one.body)
    name = dice.choice(sorted(told))
    told[name] = told[name] + 1 if name == "size" else told[name][1:] + "0" if told[name] else "0" * 64
    changed_body = opened(canonical(told).decode(), one.signature)
    return _seals(log, sorted(_with(log.checkpoints, place, changed_body), key=lambda one: one.size), place)


def insert(log: Log, dice: Random) -> Tampered:
    """A row that never was: between others that make room or not, or at the end."""
    row = dice.randint(0, len(log.entries))
    model = log.entries[row - 1]
    forged = _sealed_as(Entry(row, _forged(model, dice), model.leaf))
    after = (
        log.entries[row:] if dice.random() < 0.5 else [replace(one, index=one.index + 1) for one in log.entries[row:]]
    )
    return _rows(log, [*log.entries[:row], forged, *after], row)


def delete(log: Log, dice: Random) -> Tampered:
    """A row and the gap it leaves, a row whose gap is closed, only what it told, or a checkpoint."""
    row = dice.randrange(len(log.entries))
    before, entry, after = log.entries[:row], log.entries[row], log.entries[row + 1 :]
    match dice.randrange(4):
        case 0:
            return _rows(log, [*before, *after], row, exact=row < len(log.entries) - 1)
        case 1:
            return _rows(log, [*before, *(replace(one, index=one.index - 1) for one in after)], row)
        case 2:
            only = replace(entry, line=None, leaf=leaf_hash(entry.line or b""))
            return _rows(log, [*before, only, *after], row, exact=True)
        case _:
            place = dice.randrange(len(log.checkpoints))
            return _seals(log, [*log.checkpoints[:place], *log.checkpoints[place + 1 :]], place)


def reorder(log: Log, dice: Random) -> Tampered:
    """Two rows change places, with or without their leaves; or rows are turned round."""
    first, second = sorted(dice.sample(range(len(log.entries)), 2))
    if dice.random() < 0.3:
        turned = [replace(one, index=first + n) for n, one in enumerate(reversed(log.entries[first : second + 1]))]
        return _rows(log, [*log.entries[:first], *turned, *log.entries[second + 1 :]], first)
    one, two = log.entries[first], log.entries[second]
    if dice.random() < 0.5:
        one, two = replace(one, index=second), replace(two, index=first)
        return _rows(log, _with(_with(log.entries, first, two), second, one), first)
    changed = _with(_with(log.entries, first, replace(one, line=two.line)), second, replace(two, line=one.line))
    return _rows(log, changed, first, exact=one.leaf is not None)


def truncate(log: Log, dice: Random) -> Tampered:
    """Rows at the end go, or what they told, or all but some checkpoints."""
    row = dice.randrange(len(log.entries))
    match dice.randrange(3):
        case 0:
            return _rows(log, log.entries[:row], row)
        case 1:
            empty = [replace(one, line=None, leaf=leaf_hash(one.line or b"")) for one in log.entries[row:]]
            return _rows(log, [*log.entries[:row], *empty], row, exact=True)
        case _:
            place = dice.randrange(len(log.checkpoints))
            return _seals(log, log.checkpoints[:place], place)


def swap(log: Log, dice: Random) -> Tampered:
    """Two rows exchange one of their fields."""
    first, second = sorted(dice.sample(range(len(log.entries)), 2))
    one, two = (json.loads(log.entries[row].line or b"") for row in (first, second))
    name = dice.choice([name for name in one if one[name] != two.get(name)])
    one[name], two[name] = two.get(name), one[name]
    lines = [canonical({key: value for key, value in told.items() if value is not None}) for told in (one, two)]
    changed = _with(log.entries, first, replace(log.entries[first], line=lines[0]))
    changed = _with(changed, second, replace(log.entries[second], line=lines[1]))
    return _rows(log, changed, first, exact=log.entries[first].leaf is not None)


def sign_again(log: Log, dice: Random) -> Tampered:
    """A row is another, with its leaf and all checkpoints made anew, by someone who has not got the key."""
    row = dice.randrange(len(log.entries))
    changed = _with(log.entries, row, _sealed_as(replace(log.entries[row], line=_forged(log.entries[row], dice))))
    made = sealed(changed, log.sizes, STRANGER)
    if dice.random() < 0.5:  # says that it was the right key
        made = sealed(changed, log.sizes, _Impostor())
    kept = [one for one in log.checkpoints if one.size <= row] if dice.random() < 0.5 else []
    return Tampered(Log(changed, [*kept, *made[len(kept) :]]), row, log.span(row) if kept else 0)


def roll_back(log: Log, dice: Random) -> Tampered:
    """All is as it was once: only who kept a newer head can tell."""
    back = dice.choice(log.checkpoints[:-1])
    kept = [one for one in log.checkpoints if one.size <= back.size]
    return Tampered(Log(log.entries[: back.size], kept, log.checkpoints[-1:]), back.size, back.size)


def fork(log: Log, dice: Random) -> Tampered:
    """A row is another, and who holds the key has signed it all anew: only who kept heads can tell."""
    row = dice.randrange(len(log.entries))
    changed = _with(log.entries, row, _sealed_as(replace(log.entries[row], line=_forged(log.entries[row], dice))))
    heads = [*(one for one in log.checkpoints[:-1] if dice.random() < 0.3), log.checkpoints[-1]]
    since = max((one.size for one in heads if one.size <= row), default=0)
    return Tampered(Log(changed, sealed(changed, log.sizes), heads), row, since)


Tamper = Callable[[Log, Random], Tampered]
KINDS: list[Tamper] = [
    flip, insert, delete, reorder, truncate, swap, sign_again, roll_back, fork,
]  # fmt: skip


class _Impostor(Signer):
    """Signs with a key of its own, in the name of the right one."""

    def __init__(self) -> None:
        self.public = SIGNER.public

    def sign(self, data: bytes) -> bytes:
        return STRANGER.sign(data)


def _rows(log: Log, entries: Sequence[Entry], bad: int, *, exact: bool = False) -> Tampered:
    return Tampered(replace(log, entries=entries), bad, bad if exact else log.span(bad))


def _seals(log: Log, checkpoints: Sequence[Checkpoint], place: int) -> Tampered:
    since = [0, *log.sizes][place]
    return Tampered(replace(log, checkpoints=checkpoints), since, since)


def _with(all_of_them: Sequence[T], place: int, one: T) -> list[T]:
    return [*all_of_them[:place], one, *all_of_them[place + 1 :]]


def _flipped(data: bytes, dice: Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]


def _forged(entry: Entry, dice: Random) -> bytes:
    told: dict[str, Any] = json.loads(entry.line or b"")
    return canonical(told | {"payload_summary": f"nothing of the sort {dice.random()}"})


def _sealed_as(entry: Entry) -> Entry:
    """With the leaf that belongs to it, where there are leaves."""
    return replace(entry, leaf=leaf_hash(entry.line or b"") if entry.leaf is not None else None)
