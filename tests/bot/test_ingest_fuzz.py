"""Thousands of requests made from the ingest's own description, good ones and broken ones, against a real server."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine, text

from bot.resources import RESOURCES
from tests.bot.ingesting import TABLES, TOKENS, Ingest, served

PATHS = [str(resource.scope) for resource in RESOURCES]
CASES = 130  # of one path and one mode
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_COUNT = text("SELECT " + " + ".join(f"(SELECT count(*) FROM {name})" for name in TABLES.split()))  # noqa: S608
SETTINGS = settings(
    max_examples=CASES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def ingest(engine: Engine) -> Iterator[Ingest]:
    with served(engine) as ingest:
        yield ingest


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_thousand_requests_break_nothing_and_what_is_refused_leaves_nothing(ingest: Ingest) -> None:
    schema = schemathesis.openapi.from_dict(_with_short_batches(ingest.client.get("/v1/openapi.json").json()))
    schema.config.update(base_url=f"{ingest.url}/v1")
    answered: Counter[int] = Counter()
    stored = dict.fromkeys(MODES, 0)
    session = requests.Session()
    with session, ingest.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:

        def send(mode: GenerationMode, case: Case[Any]) -> None:
            before = db.execute(_COUNT).scalar_one()
            answer = case.call(session=session, headers={"authorization": f"Bearer {TOKENS['studio']}"})
            case.validate_response(answer, checks=CHECKS)
            answered[answer.status_code] += 1
            stored[mode] += answer.status_code == 200
            if answer.status_code != 200:
                assert db.execute(_COUNT).scalar_one() == before
                assert all(told["field"] and told["hint"] for told in answer.json()["problems"])

        for mode in MODES:
            for path in PATHS:
                _try(partial(send, mode), schema[f"/{path}"]["POST"].as_strategy(generation_mode=mode))

    assert answered.total() >= 2_000, answered
    assert answered.keys() <= {200, 401, 403, 409, 413, 415, 422}
    assert stored[GenerationMode.POSITIVE] > 50


def _with_short_batches(document: dict[str, Any]) -> dict[str, Any]:
    """What a batch of 500 breaks, one of 2 does; to make it up takes a hundred times as long."""
    for path in PATHS:
        document["paths"][f"/{path}"]["post"]["requestBody"]["content"]["application/json"]["schema"]["maxItems"] = 2
    return document


def _try(send: Callable[[Case[Any]], None], cases: SearchStrategy[Case[Any]]) -> None:
    @SETTINGS
    @given(cases)
    def each(case: Case[Any]) -> None:
        send(case)

    each()
