"""The record as two files that anybody can read and check: `events.jsonl` in the sealed order, `checkpoints.jsonl`.

A line of events is `{"event":{…},"index":7}`, its event the exact bytes that were sealed; of a row whose month is
retired, or not the one that was asked for, it is `{"index":7,"leaf":"…"}`. Reading rows from the database is left to
`audits/sealing_store.py`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from audits.checkpoints import Checkpoint, Malformed, parsed
from audits.model import canonical
from audits.verify import Entry

EVENTS, CHECKPOINTS = "events.jsonl", "checkpoints.jsonl"


def entry_line(entry: Entry) -> bytes:
    if entry.line is None:
        return canonical({"index": entry.index, "leaf": (entry.leaf or b"").hex()})
    return b'{"event":%s,"index":%d}' % (entry.line, entry.index)


def entry_of(line: bytes) -> Entry:
    """Raises Malformed, also for a line that says the same in another way: what was sealed is bytes."""
    try:
        told = json.loads(line)
        index, event, leaf = told["index"], told.get("event"), told.get("leaf")
        if type(index) is int and canonical(told) == line and (event is None) != (leaf is None):
            return Entry(index, None, bytes.fromhex(leaf)) if event is None else Entry(index, canonical(event), None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise Malformed(f"no line of an export: {line[:200]!r}") from problem
    raise Malformed(f"no line of an export: {line[:200]!r}")


def write(folder: Path, entries: Iterable[Entry], checkpoints: Iterable[Checkpoint]) -> tuple[int, str]:
    """Writes both files into `folder`; how many events, and the SHA-256 of their file."""
    digest, rows = hashlib.sha256(), 0
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / EVENTS).open("wb") as file:
        for entry in entries:
            line = entry_line(entry) + b"\n"
            digest.update(line)
            file.write(line)
            rows += entry.line is not None
    (folder / CHECKPOINTS).write_bytes(b"".join(one.line + b"\n" for one in checkpoints))
    return rows, digest.hexdigest()


def entries(folder: Path) -> Iterator[Entry]:
    """Raises Malformed."""
    with (folder / EVENTS).open("rb") as file:
        for line in file:
            yield entry_of(line.removesuffix(b"\n"))


def checkpoints(file: Path) -> list[Checkpoint]:
    """Those of a file, one a line. Raises Malformed."""
    return [parsed(line) for line in file.read_bytes().splitlines()]
