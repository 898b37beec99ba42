"""Hundreds of requests made from the description of the permits, good ones and broken ones, against a real server."""

from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from schemathesis import Case, GenerationMode
from sqlalchemy import Engine

from tests.bot.ingesting import TOKENS, served
from tests.bot.test_ingest_fuzz import CHECKS, MODES, _try

OPERATIONS = (("/permits", "POST"), ("/permits/{permit_id}/outcome", "POST"), ("/switches", "GET"))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_hundreds_of_requests_break_nothing_and_are_answered_as_described(engine: Engine) -> None:
    answered: Counter[int] = Counter()
    with served(engine) as ingest, requests.Session() as session:
        schema = schemathesis.openapi.from_dict(ingest.client.get("/v1/openapi.json").json())
        schema.config.update(base_url=f"{ingest.url}/v1")

        def send(case: Case[Any]) -> None:
            answer = case.call(session=session, headers={"authorization": f"Bearer {TOKENS['studio']}"})
            case.validate_response(answer, checks=CHECKS)
            answered[answer.status_code] += 1

        for path, method in OPERATIONS:
            for mode in MODES if path != "/switches" else (GenerationMode.POSITIVE,):
                _try(send, schema[path][method].as_strategy(generation_mode=mode))
    assert answered.total() >= 250, answered
    assert answered[201] > 10, answered
    assert answered.keys() <= {200, 201, 401, 403, 404, 405, 409, 413, 415, 422}
