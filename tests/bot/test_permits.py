"""The guard as a service in another language meets it: over real HTTP, with a real database."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine

from audits import Result, Scope, switches
from audits import store as audits
from audits.approvals import approve
from audits.switches import Flights
from clients import store as clients
from clients import work_items
from clients.model import ItemKind
from operations import unfinished
from tests.bot.ingesting import HASH, TOKENS, Ingest, served
from tests.factories import NOON, client, work_item
from tests.fakes import turn_clock

ASKED: dict[str, Any] = {
    "client_id": "acme",
    "command_id": "try-1",
    "actor_type": "agent",
    "actor_id": "publisher-7",
    "action_type": "publish",
    "platform": "instagram",
    "surface": "reels",
    "lane": "publishing",
    "payload_hash": HASH,
    "payload_summary": "reel: Spring is here",
    "policy_snapshot_id": "policy-3",
    "ids": {"calendar_item_id": "cal-7"},
}
DONE = {"result": "success", "proof": {"post_url": "https://instagram.example.com/p/1"}}


class Service:
    """Sends one object, as a service would."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def take(self, token: str = TOKENS["studio"], **changes: Any) -> httpx.Response:
        return self.post("permits", ASKED | changes, token)

    def tell(self, permit_id: object, body: object = DONE, token: str = TOKENS["studio"]) -> httpx.Response:
        return self.post(f"permits/{permit_id}/outcome", body, token)

    def post(self, path: str, body: object, token: str = TOKENS["studio"]) -> httpx.Response:
        return self._ingest.client.post(f"/v1/{path}", json=body, headers={"authorization": f"Bearer {token}"})

    def state(self, token: str = TOKENS["studio"]) -> httpx.Response:
        return self._ingest.client.get("/v1/switches", headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def service(engine: Engine) -> Iterator[Service]:
    with engine.begin() as db:
        clients.report_clients(db, [client()])
    with served(engine) as ingest:
        yield Service(ingest)


def _told(engine: Engine) -> list[Result | None]:
    with engine.begin() as db:
        return [event.result for event in reversed(audits.last(db, "acme"))]


def _stop(engine: Engine, scope: Scope) -> None:
    with engine.begin() as db:
        assert switches.set_switch(db, scope, stopped=True, by="Ana", reason="wrong brand")


def _field(answer: httpx.Response) -> tuple[int, str]:
    (problem,) = answer.json()["problems"]
    assert problem["error"]
    assert problem["hint"]
    return answer.status_code, problem["field"]


def test_a_permit_is_taken_and_told_of_and_all_of_it_is_on_the_record(engine: Engine, service: Service) -> None:
    taken = service.take()
    assert taken.status_code == 201
    permit = taken.json()
    assert permit["begin_within_seconds"] == 15
    assert datetime.fromisoformat(permit["expires_at"]).tzinfo
    assert _told(engine) == [None]
    told = service.tell(permit["permit_id"])
    assert told.status_code == 200
    with engine.begin() as db:
        outcome, intent = audits.last(db, "acme")
        assert switches.in_flight(db, Scope()) == []
    assert (intent.actor_id, intent.payload_hash, intent.lane) == ("studio:publisher-7", HASH, "publishing")
    assert (outcome.result, dict(outcome.proof)) == (Result.SUCCESS, DONE["proof"])
    assert told.json() == {"audit_id": str(outcome.audit_id)}


def test_asking_and_telling_again_changes_nothing(engine: Engine, service: Service) -> None:
    first, second = service.take(), service.take()
    assert (second.status_code, second.json()) == (200, first.json())
    assert second.headers["idempotent-replayed"] == "true"
    told = [service.tell(first.json()["permit_id"]) for _ in range(2)]
    assert told[0].json() == told[1].json()
    assert _told(engine) == [None, Result.SUCCESS]
    used = service.take()
    assert _field(used) == (409, "command_id")
    assert used.json()["switches"] == []


def test_of_many_at_once_all_hold_the_one_permit_or_are_told_to_wait(engine: Engine, service: Service) -> None:
    together = threading.Barrier(8)

    def ask(_: int) -> int:
        together.wait()
        return service.take().status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert answers.count(201) == 1
    assert set(answers) <= {200, 201, 409}
    assert _told(engine) == [None]


def test_an_id_is_not_used_for_another_side_effect(service: Service) -> None:
    service.take()
    assert _field(service.take(payload_hash="b" * 64)) == (422, "command_id")
    assert _field(service.take(platform="x")) == (422, "command_id")


@pytest.mark.parametrize("scope", [Scope(), Scope("acme"), Scope(platform="instagram"), Scope(lane="publishing")])
def test_what_is_stopped_gets_no_permit_and_is_told_by_what(engine: Engine, service: Service, scope: Scope) -> None:
    _stop(engine, scope)
    answer = service.take()
    assert _field(answer) == (409, "client_id")
    assert answer.json()["switches"] == [scope.key]
    assert _told(engine) == [Result.BLOCKED]
    with engine.begin() as db:
        switches.set_switch(db, scope, stopped=False, by="Ben", reason="mended")
    assert service.take().status_code == 201


def test_what_differs_from_the_approved_gets_no_permit(engine: Engine, service: Service) -> None:
    with engine.begin() as db:
        approve(db, "cal-7", HASH, "Ana")
    assert _field(service.take(payload_hash="b" * 64)) == (409, "payload_hash")
    assert unfinished.surface_changed(engine)
    assert service.take().status_code == 201


def test_what_waits_for_approval_gets_no_permit_until_it_has_it(engine: Engine, service: Service) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item(calendar_item_id="cal-7")])
    assert _field(service.take()) == (409, "ids.calendar_item_id")
    assert _told(engine) == [Result.BLOCKED]
    with engine.begin() as db:
        approve(db, "cal-7", HASH, "Ana")
    assert service.take().status_code == 201


def test_a_second_attempt_gets_no_permit_until_the_first_is_told_as_failed(engine: Engine, service: Service) -> None:
    first = service.take().json()["permit_id"]
    for number, told in enumerate((None, {"result": "unknown"})):
        assert told is None or service.tell(first, told).status_code == 200
        assert _field(service.take(command_id=f"try-{number + 2}")) == (409, "ids.calendar_item_id")
    assert service.tell(first, {"result": "fail"}).status_code == 200
    assert service.take(command_id="try-4").status_code == 201
    assert _told(engine) == [None, Result.BLOCKED, Result.UNKNOWN, Result.BLOCKED, Result.FAIL, None]


def test_what_was_approved_does_not_go_out_otherwise_under_another_name(engine: Engine, service: Service) -> None:
    with engine.begin() as db:
        approve(db, "cal-7", HASH, "Ana")
    for name in ("schedule", "story_post"):
        assert _field(service.take(command_id=name, action_type=name, payload_hash="b" * 64)) == (409, "payload_hash")
    assert service.take(action_type="comment_reply", payload_hash="b" * 64).status_code == 201


def test_a_platform_left_out_gets_round_no_stop(engine: Engine, service: Service) -> None:
    _stop(engine, Scope(platform="instagram"))
    assert _field(service.take(platform=None)) == (409, "client_id")


def test_who_never_tells_becomes_unknown_and_may_still_tell_late(engine: Engine, service: Service) -> None:
    permit = service.take().json()["permit_id"]
    turn_clock(engine, timedelta(seconds=61))
    assert _field(service.take()) == (409, "command_id")
    assert unfinished.surface(engine)
    with engine.begin() as db:
        (item,) = work_items.items_of(db, [ItemKind.UNKNOWN_OUTCOME], closed_since=NOON)
    assert item.calendar_item_id == "cal-7"
    assert service.tell(permit).status_code == 200
    assert _told(engine) == [None, Result.UNKNOWN, Result.SUCCESS]


def test_what_was_told_is_not_told_otherwise(engine: Engine, service: Service) -> None:
    permit = service.take().json()["permit_id"]
    service.tell(permit)
    assert _field(service.tell(permit, {"result": "fail"})) == (409, "result")
    assert _told(engine) == [None, Result.SUCCESS]


def test_how_it_went_is_told_under_an_id_that_was_refused_before(engine: Engine, service: Service) -> None:
    _stop(engine, Scope("acme"))
    assert service.take().status_code == 409
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=False, by="Ben", reason="mended")
    permit = service.take().json()["permit_id"]
    _stop(engine, Scope("acme"))
    with engine.begin() as db:
        assert switches.flights(db, *switches.switches_on(db)) == Flights(in_flight=1)
    assert [service.tell(permit).status_code for _ in range(2)] == [200, 200]
    assert _told(engine) == [Result.BLOCKED, None, Result.SUCCESS]
    with engine.begin() as db:
        assert switches.flights(db, *switches.switches_on(db)) == Flights(published=1)


@pytest.mark.parametrize("permit_id", ["x", uuid4(), "..", "%00"])
def test_a_permit_nobody_took_is_not_found(service: Service, permit_id: object) -> None:
    assert service.tell(permit_id).status_code == 404


def test_a_permit_is_its_sources_alone(engine: Engine, service: Service) -> None:
    permit = service.take().json()["permit_id"]
    assert service.tell(permit, token=TOKENS["acme-only"]).status_code == 403
    assert service.take(token=TOKENS["acme-only"]).status_code == 403
    assert service.take(token="x").status_code == 401
    assert service.state(token="x").status_code == 401
    assert _told(engine) == [None]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_id": "Acme!"}, "client_id"),
        ({"action_type": "stop"}, "action_type"),
        ({"payload_hash": "A" * 64}, "payload_hash"),
        ({"flurbl": 1}, "flurbl"),
        ({"ids": {"flurbl": "x"}}, "ids.flurbl"),
        ({"command_id": ""}, "command_id"),
    ],
)
def test_what_is_wrong_is_told_with_its_field_and_a_hint(
    engine: Engine, service: Service, changes: dict[str, Any], field: str
) -> None:
    assert _field(service.take(**changes)) == (422, field)
    assert _told(engine) == []


@pytest.mark.parametrize("body", [[], [DONE], 1, {}, {"result": "blocked"}])
def test_an_outcome_of_another_shape_is_refused(engine: Engine, service: Service, body: object) -> None:
    permit = service.take().json()["permit_id"]
    assert service.tell(permit, body).status_code == 422
    assert _told(engine) == [None]


def test_the_state_tells_what_is_stopped_and_until_when_that_may_be_believed(engine: Engine, service: Service) -> None:
    assert service.state().json()["switches"] == []
    _stop(engine, Scope("acme", "instagram"))
    state = service.state().json()
    assert state["switches"] == ["client:acme/platform:instagram"]
    as_of, stale = (datetime.fromisoformat(state[name]) for name in ("as_of", "stale_after"))
    assert stale - as_of == timedelta(seconds=15)


def test_the_description_tells_of_permits(service: Service) -> None:
    document = service._ingest.client.get("/v1/openapi.json").json()
    take = document["paths"]["/permits"]["post"]
    assert {"200", "201", "401", "403", "409", "422", "503"} <= set(take["responses"])
    body = take["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == set(ASKED)
    assert "/permits/{permit_id}/outcome" in document["paths"]
    assert "/switches" in document["paths"]
