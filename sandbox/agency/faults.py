"""Switches that break the world outside where it would really break; `incidents` turns them.

A fault is a word that the process knows, at a target: a platform, a client, a provider, or `*` for all of them.
"""

from collections.abc import Collection

from fastapi import FastAPI, HTTPException


class Faults:
    """What is broken now."""

    def __init__(self, app: FastAPI, known: Collection[str]) -> None:
        self._on: set[tuple[str, str]] = set()

        @app.put("/faults/{fault}/{target}", status_code=204)
        def cause(fault: str, target: str) -> None:
            if fault not in known:
                raise HTTPException(404, f"no fault {fault}; there are {', '.join(known)}")
            self._on.add((fault, target))

        @app.delete("/faults/{fault}/{target}", status_code=204)
        def mend(fault: str, target: str) -> None:
            self._on.discard((fault, target))

    def on(self, fault: str, *targets: str) -> bool:
        """Whether the fault is at one of these."""
        return any((fault, target) in self._on for target in ("*", *targets))
