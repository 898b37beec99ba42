"""Looks at a running world as anybody could: through Prometheus, Postgres and the agency's own API."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import Engine, text

from sandbox.world import World
from tests.scenarios.symptoms import Symptom


@dataclass
class Looker:
    """Sees what anybody could: asks Prometheus and Postgres of a world."""

    world: World
    engine: Engine
    web: httpx.Client
    prometheus: httpx.Client

    def query(self, promql: str) -> list[dict[str, Any]]:
        answer = self.prometheus.get("/api/v1/query", params={"query": promql}).raise_for_status()
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    def value(self, promql: str) -> float | None:
        found = self.query(promql)
        return float(found[0]["value"][1]) if found else None

    def rows(self, sql: str) -> list[Any]:
        with self.engine.connect() as db:
            return list(db.execute(text(sql)))

    def sees(self, symptom: Symptom) -> tuple[bool, bool]:
        """In Prometheus, and in Postgres; what tells nothing in rows is taken to be there when the metric shows it."""
        metric = bool(self.query(symptom.metric))
        return metric, bool(self.rows(symptom.rows)) if symptom.rows else metric

    def alerts(self, symptom: Symptom) -> bool:
        return bool(self.query(f'ALERTS{{alertstate="firing",{symptom.alert}}}'))

    def turn(self, name: str, *, on: bool) -> str:
        answer = self.web.post(f"/incidents/{name}", json={"on": on}).raise_for_status()
        return str(answer.json()["says"])


@dataclass
class Seen:
    """How an incident was: None in place of seconds when it did not come in time, or did not end."""

    before: tuple[bool, bool]
    felt_after: float | None = None
    over_after: float | None = None
    alerted_after: float | None = None
