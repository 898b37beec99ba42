"""Asks Prometheus, or whatever speaks its query API, and never lets its troubles through: they come back as `Missing`.

What is asked is in `queries`. Thanos, Mimir or VictoriaMetrics take the place of Prometheus by URL, headers and
parameters alone (`partial_response=false`, `X-Scope-OrgID`, …).
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, TypeVar

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from pydantic import BaseModel, TypeAdapter
from urllib3.exceptions import HTTPError

from metrics.model import Matrix, Missing, Sample, Series, Vector

MOST_BYTES = 4 * 1024 * 1024

T = TypeVar("T")


class _Sample(BaseModel):
    metric: dict[str, str]
    value: tuple[datetime, float]


class _Series(BaseModel):
    metric: dict[str, str]
    values: list[tuple[datetime, float]]


_SAMPLES = TypeAdapter(list[_Sample])
_ALL_SERIES = TypeAdapter(list[_Series])


class _Heard(threading.local):
    """What an answer said beside its result, kept for the thread that asked: the library drops it."""

    deadline = 0.0
    warnings: tuple[str, ...] = ()
    problem = ""


class Reader:
    """Reads one source; safe to share between threads. Each question has `timeout` seconds and one attempt."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 4.0,
    ) -> None:
        self._params = dict(params or {})
        self._timeout = timeout
        self._heard = _Heard()
        self._answered_at: datetime | None = None
        self._lock = threading.Lock()
        session = requests.Session()
        session.stream = True  # leaves the body for the hook to read
        session.hooks["response"].append(self._whole_answer)
        self._prometheus = PrometheusConnect(
            url.rstrip("/"), headers=dict(headers or {}), session=session, retry=0, timeout=timeout
        )

    def instant(self, query: str, at: datetime) -> Vector | Missing:
        """The value of `query` at one moment."""
        params = {**self._params, "time": at.timestamp()}
        found = self._ask(lambda: _SAMPLES.validate_python(self._prometheus.custom_query(query, params)), at)
        if isinstance(found, Missing):
            return found
        return Vector(tuple(Sample(one.metric, one.value[1]) for one in found), self._heard.warnings)

    def range(self, query: str, start: datetime, end: datetime, step: timedelta) -> Matrix | Missing:
        """The values of `query` from `start` to `end`, both to the whole second; at most 11,000 points a series."""
        seconds = f"{step.total_seconds():g}"
        found = self._ask(
            lambda: _ALL_SERIES.validate_python(
                self._prometheus.custom_query_range(query, start, end, seconds, self._params)
            ),
            end,
        )
        if isinstance(found, Missing):
            return found
        return Matrix(tuple(Series(one.metric, tuple(one.values)) for one in found), self._heard.warnings)

    def close(self) -> None:
        self._prometheus.close()

    def _ask(self, question: Callable[[], T], at: datetime) -> T | Missing:
        self._heard.deadline = time.monotonic() + self._timeout
        self._heard.warnings, self._heard.problem = (), ""
        try:
            found = question()
        except requests.Timeout:
            why = f"did not answer within {self._timeout:g} s"
        except requests.ConnectionError:
            why = "cannot be reached"
        except PrometheusApiClientException:
            why = f"refused the question: {self._heard.problem}"
        except (requests.RequestException, HTTPError, ValueError, LookupError, TypeError, RecursionError):
            why = self._heard.problem or "sent an answer that cannot be read"
        else:
            with self._lock:
                self._answered_at = max(at, self._answered_at or at)
            return found
        return Missing(why, self._answered_at)

    def _whole_answer(self, response: requests.Response, **_: Any) -> requests.Response:
        """Reads the body within its limits and hands on a copy; without headers, so that no redirect is followed."""
        body = bytearray()
        self._heard.problem = "broke off its answer"
        with response:
            while chunk := response.raw.read1(64 * 1024, decode_content=True):
                body += chunk
                if len(body) > MOST_BYTES:
                    self._heard.problem = f"sent more than {MOST_BYTES >> 20} MiB"
                    raise requests.RequestException
                # The library's timeout starts anew with every byte that comes.
                if time.monotonic() > self._heard.deadline:
                    raise requests.Timeout
        self._heard.problem = ""
        copy = requests.Response()
        copy.status_code = response.status_code
        copy.raw = BytesIO(body)
        self._listen(copy)
        return copy

    def _listen(self, answer: requests.Response) -> None:
        """https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview"""
        try:
            said = answer.json()
        except requests.JSONDecodeError:
            said = None
        fields = said if isinstance(said, dict) else {}
        if answer.status_code != requests.codes.ok:
            self._heard.problem = str(fields.get("error") or f"HTTP status {answer.status_code}")[:200]
        remarks = [fields.get("warnings"), fields.get("infos")]
        self._heard.warnings = tuple(str(one)[:200] for some in remarks if isinstance(some, list) for one in some[:10])
