"""Asks for Dashboard A: as many questions for one client as for hundreds."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isfinite

from sqlalchemy import Connection as Db

from audits import ActionType, Result
from audits import store as audits
from clients.model import Client
from dashboards.global_ops.model import Failing, GlobalOps, Signals
from metrics import queries
from metrics.model import Missing, Vector
from metrics.reader import Reader

_ENDED = {Result.SUCCESS, Result.FAIL}


def collect(db: Db, reader: Reader, everyone: Sequence[Client], *, now: datetime, window: timedelta) -> GlobalOps:
    """The window ends at `now`. `db` is not in a transaction, which the server would end while Prometheus is slow."""
    names = {client.client_id: client.name for client in everyone}
    return GlobalOps(_signals(reader, now, window), _failing(db, names, now - window, now))


def _signals(reader: Reader, now: datetime, window: timedelta) -> Signals | Missing:
    """A source that is silent once is not asked again: each question would wait until its time is over."""
    found: list[Vector] = []
    for query in (
        queries.posts_published(window),
        queries.publish_failures(window),
        queries.jobs_completed(window),
        queries.jobs_failed(window),
        queries.queue_depth(),
        queries.runners_busy(),
        queries.runners(),
        queries.provider_calls(window),
        queries.provider_errors(window),
        queries.request_duration(0.95, window),
        queries.request_error_ratio(window),
    ):
        answer = reader.instant(query, now)
        if isinstance(answer, Missing):
            return answer
        found.append(answer)
    published, failed, done, undone, queues, busy, runners, calls, errors, p95, refused = found
    return Signals(
        publishing=_pairs(published, failed, "platform"),
        jobs=_pairs(done, undone, "lane"),
        queues=_counts(queues, "queue"),
        runners=_pairs(busy, runners, "runner_pool"),
        providers=_pairs(calls, errors, "kind"),
        request_p95_ms=_finite(p95.value),
        request_error_ratio=_finite(refused.value),
    )


def _counts(found: Vector, label: str) -> dict[str, int]:
    return {name: round(value) for name, value in found.by(label).items() if isfinite(value)}


def _pairs(one: Vector, other: Vector, label: str) -> dict[str, tuple[int, int]]:
    ones, others = _counts(one, label), _counts(other, label)
    return {name: (ones.get(name, 0), others.get(name, 0)) for name in sorted(ones.keys() | others.keys())}


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _failing(db: Db, names: dict[str, str], since: datetime, until: datetime) -> list[Failing]:
    ended: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for client_id, _, _, result, n in audits.outcomes(db, since, until, [ActionType.PUBLISH]):
        if client_id and result in _ENDED:
            ended[client_id] += n
            failed[client_id] += n if result == Result.FAIL else 0
    found = [Failing(names.get(each, each), failed[each], ended[each]) for each in ended if failed[each]]
    return sorted(found, key=lambda one: (-one.failed / one.ended, -one.failed, one.name))
