"""Tells open pages that something changed. It carries hints, not content: the page fetches what it needs."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sandbox.slack.model import Json


class Feed:
    def __init__(self) -> None:
        self._pages: defaultdict[str, set[asyncio.Queue[Json | None]]] = defaultdict(set)

    @contextmanager
    def page(self, user: str) -> Iterator[asyncio.Queue[Json | None]]:
        """One open page of a user, for as long as the block lasts. None in the queue: the workspace closes."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._pages[user].add(queue)
        try:
            yield queue
        finally:
            self._pages[user].discard(queue)

    def has_page(self, user: str) -> bool:
        return bool(self._pages[user])

    def close(self) -> None:
        for queue in (queue for queues in self._pages.values() for queue in queues):
            queue.put_nowait(None)

    def tell(self, users: Iterable[str], kind: str, **hint: object) -> None:
        """`hint` keys that are None are left out."""
        event = {"type": kind, **{key: value for key, value in hint.items() if value is not None}}
        for user in users:
            for queue in self._pages[user]:
                queue.put_nowait(event)
