from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection
from sqlalchemy.event import listen, remove

from metrics.model import Missing, Sample, Vector
from metrics.reader import Reader
from storage.engine import connect


class CannedPrometheus(Reader):
    """Answers each question with the samples given for the metric it names; nothing when it knows none."""

    def __init__(self, **samples: list[tuple[dict[str, str], float]]) -> None:
        self.samples = samples
        self.missing: Missing | None = None

    def instant(self, query: str, at: datetime) -> Vector | Missing:  # noqa: ARG002 - always the same answer
        found = (samples for metric, samples in self.samples.items() if metric in query)
        return self.missing or Vector(tuple(Sample(labels, value) for labels, value in next(found, [])))


@pytest.fixture
def db(database_url: str) -> Iterator[Connection]:
    """A transaction on an empty database, never committed."""
    engine = connect(database_url, name="tests")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def prometheus() -> CannedPrometheus:
    return CannedPrometheus(
        publish_failures_total=[({"platform": "instagram"}, 9.02), ({"platform": "youtube"}, 0)],
        posts_published_total=[({"platform": "instagram"}, 111.1), ({"platform": "youtube"}, 30)],
        llm_tokens_total=[
            ({"model": "claude-sonnet-4-5", "type": "in"}, 1_204_331.7),
            ({"model": "claude-sonnet-4-5", "type": "out"}, 182_000),
            ({"model": "gpt-5-mini", "type": "in"}, 402_110),
            ({"model": "gpt-5-mini", "type": "out"}, 61_004),
        ],
    )


@pytest.fixture
def statements(db: Connection) -> Callable[[Callable[[], object]], int]:
    """Counts the SQL statements of a call."""

    def counted(call: Callable[[], object]) -> int:
        seen = []

        def see(*event: object) -> None:
            seen.append(event)

        listen(db, "before_cursor_execute", see)
        call()
        remove(db, "before_cursor_execute", see)
        return len(seen)

    return counted
