"""Checks a proof of `checkin audits prove`, as docs/record.md tells: python verify_proof.py proof.json PUBLIC_KEY"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

with open(sys.argv[1]) as file:
    proof = json.load(file)
checkpoint = json.loads(proof["checkpoint"])
key = Ed25519PublicKey.from_public_bytes(base64.b64decode(sys.argv[2]))
key.verify(base64.b64decode(proof["signature"]), proof["checkpoint"].encode())  # raises InvalidSignature

index, last = proof["index"], checkpoint["size"] - 1
possible = 0 <= index <= last
node = hashlib.sha256(b"\0" + proof["event"].encode()).digest()
for sibling in map(bytes.fromhex, proof["path"]):  # https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
    possible = possible and last > 0
    left = index & 1 or index == last
    node = hashlib.sha256(b"\1" + (sibling + node if left else node + sibling)).digest()
    while left and not index & 1 and index:
        index, last = index >> 1, last >> 1
    index, last = index >> 1, last >> 1
if not possible or last or node.hex() != checkpoint["root"]:
    sys.exit("This event is NOT proved to be in the record.")
print(f"In the record of {checkpoint['size']} events at {checkpoint['at']}: {proof['event']}")
