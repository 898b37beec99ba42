"""Checks an export of `checkin audits export`: python verify_export.py FOLDER PUBLIC_KEY [OLDER_PUBLIC_KEY …]

Needs Python and the package cryptography. What is hashed and signed is told in docs/record.md.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

folder, keys = Path(sys.argv[1]), {}
for raw in map(base64.b64decode, sys.argv[2:]):
    keys[hashlib.sha256(raw).hexdigest()[:16]] = Ed25519PublicKey.from_public_bytes(raw)

roots, before, head = {}, "", 0
for line in (folder / "checkpoints.jsonl").read_text().splitlines():
    signed = json.loads(line)
    told = json.loads(signed["body"])
    keys[told["key"]].verify(base64.b64decode(signed["signature"]), signed["body"].encode())  # raises InvalidSignature
    if told["previous"] != before:
        sys.exit(f"NOT whole: the checkpoint of {told['size']} rows does not follow the one before")
    roots[told["size"]], before = told["root"], hashlib.sha256(signed["body"].encode()).hexdigest()
    head = told["size"]

peaks: list[tuple[int, bytes]] = []  # of whole trees, largest first: how many rows, root
size = here = 0
for row in (folder / "events.jsonl").read_bytes().splitlines():
    index = b',"index":%d}' % size
    if row.startswith(b'{"event":') and row.endswith(index):
        rows, node, here = 1, hashlib.sha256(b"\0" + row[len(b'{"event":') : -len(index)]).digest(), here + 1
    elif row.startswith(b'{"index":%d,' % size):  # retired, or of another month
        rows, node = 1, bytes.fromhex(json.loads(row)["leaf"])
    else:
        sys.exit(f"NOT whole: row {size} is not in its place")
    size += 1
    while peaks and peaks[-1][0] == rows:
        rows, node = rows * 2, hashlib.sha256(b"\1" + peaks.pop()[1] + node).digest()
    peaks.append((rows, node))
    if size in roots:
        root = peaks[-1][1]
        for _, left in reversed(peaks[:-1]):
            root = hashlib.sha256(b"\1" + left + root).digest()
        if root.hex() != roots.pop(size):
            sys.exit(f"NOT whole: rows up to {size - 1} are not those that were sealed")
if roots or size != head or not size:
    sys.exit(f"NOT whole: {head} rows were sealed, {size} are here")
print(f"Whole: {size} rows, {here} of them here, the others by their hash only")
