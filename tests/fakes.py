"""Stand-ins at the seams where a test cannot have the real thing: a clock that turns, a Prometheus that is told."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from metrics.model import Matrix, Missing, Sample, Series, Vector
from metrics.reader import Reader


def turn_clock(engine: Engine, by: timedelta) -> None:
    """Lets the database's clock go ahead of the world's by so much, for all connections from now on."""
    with engine.begin() as db:
        name = db.execute(text("SELECT current_database()")).scalar_one()
        db.execute(text(f"ALTER DATABASE {name} SET checkin.clock_offset = '{by.total_seconds()} seconds'"))
    engine.dispose()


def set_clock(engine: Engine, moment: datetime) -> None:
    """Lets the database's clock run on from `moment`."""
    turn_clock(engine, moment - datetime.now(UTC))


class ToldPrometheus(Reader):
    """Answers a question by the first metric of `samples` that it names, the same at every moment.

    `down` makes it unreachable.
    """

    def __init__(self, samples: Mapping[str, list[tuple[dict[str, str], float]]] | None = None) -> None:
        self.samples = dict(samples or {})
        self.down: Missing | None = None

    def instant(self, query: str, at: datetime) -> Vector | Missing:  # noqa: ARG002 - the same at every moment
        return self.down or Vector(tuple(Sample(labels, value) for labels, value in self._found(query)))

    def range(self, query: str, start: datetime, end: datetime, step: timedelta) -> Matrix | Missing:
        moments = [start + step * n for n in range(int((end - start) / step) + 1)]
        return self.down or Matrix(
            tuple(Series(labels, tuple((at, value) for at in moments)) for labels, value in self._found(query))
        )

    def _found(self, query: str) -> list[tuple[dict[str, str], float]]:
        return next((samples for metric, samples in self.samples.items() if metric in query), [])
