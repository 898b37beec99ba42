import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from audits import store as audits
from bot.edge import MOST_BYTES, REFUSALS
from bot.resources import RESOURCES
from bot.sources import Scope
from clients import store as clients
from clients import work_items
from clients.ingest import MOST_ROWS, batch_of
from clients.model import ItemState
from storage.engine import connect
from tests.bot.ingesting import HASH, SECOND_TOKEN, TOKENS, Ingest, rows, served
from tests.clients.test_ingest import HOSTILE

PATHS = [str(resource.scope) for resource in RESOURCES]
NOT_TOLD_OF_ITEMS = [path for path in PATHS if path != "results"]
OWNED = ["calendar-items", "usage", "funnel-steps", "work-items"]


@pytest.fixture
def ingest(engine: Engine) -> Iterator[Ingest]:
    with served(engine) as ingest:
        yield ingest


def _problem(answer: httpx.Response) -> tuple[int, str, int | None]:
    (first, *_) = answer.json()["problems"]
    assert first["error"]
    assert first["hint"]
    return answer.status_code, first["field"], first["index"]


def test_every_resource_is_stored_and_a_request_sent_again_is_answered_alike(ingest: Ingest) -> None:
    for path, row in rows().items():
        first, second = (ingest.post(path, row, key=f"key-{path}") for _ in range(2))
        assert (first.status_code, first.json()) == (200, {"stored": 1, "overtaken": []}), first.text
        assert (second.status_code, second.content) == (200, first.content)
        assert "idempotent-replayed" not in first.headers
        assert second.headers["idempotent-replayed"] == "true"
    own = ("client", "calendar_item", "connection", "provider_usage", "funnel_step", "work_item", "audit_event")
    assert ingest.stored() == dict.fromkeys(own, 1) | {"ingest_request": len(PATHS)}
    assert ingest.counted() == {("studio", "stored"): len(PATHS), ("studio", "replayed"): len(PATHS)}


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_nothing_is_read_and_nobody_learns_why(ingest: Ingest, path: str) -> None:
    wrong = [TOKENS["studio"][:-1], TOKENS["studio"] + "x", "x", "é", TOKENS["studio"].upper(), "x" * 5000]
    content = json.dumps([rows()[path]]).encode()
    answers = [
        ingest.client.post(f"/v1/{path}", content=content, headers=[(b"authorization", f"Bearer {token}".encode())])
        for token in wrong
    ]
    answers.append(ingest.client.post(f"/v1/{path}", content=content))
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert ingest.stored() == {}
    assert ingest.counted() == {("unknown", "unauthorized"): len(answers)}


def test_two_tokens_of_one_source_are_good_at_once(ingest: Ingest) -> None:
    answers = [ingest.post("clients", rows()["clients"], token=t) for t in (TOKENS["studio"], SECOND_TOKEN)]
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("path", [path for path in PATHS if path not in ("usage", "results")])
def test_a_source_writes_only_where_its_scopes_say(ingest: Ingest, path: str) -> None:
    answer = ingest.post(path, rows()[path], token=TOKENS["acme-only"])
    assert _problem(answer) == (403, "authorization", None)
    assert ingest.stored() == {}


def test_a_source_writes_only_of_its_clients(ingest: Ingest) -> None:
    good = rows()["usage"]
    foreign = good | {"client_id": "zen", "usage_id": "zen-1"}
    answer = ingest.post("usage", [good, foreign], token=TOKENS["acme-only"])
    assert _problem(answer) == (403, "client_id", 1)
    assert ingest.stored() == {}
    assert ingest.post("usage", good, token=TOKENS["acme-only"]).status_code == 200


@pytest.mark.parametrize("path", OWNED)
def test_nobody_writes_over_what_is_another_clients(ingest: Ingest, path: str) -> None:
    assert ingest.post(path, rows()[path]).status_code == 200
    own_id = next(name for name in rows()[path] if name in ("calendar_item_id", "usage_id", "item_id"))
    taken = rows()[path] | {"client_id": "zen"}
    fresh = taken | {own_id: "zen-1"}
    answer = ingest.post(path, [fresh, taken], key="k")
    assert _problem(answer) == (403, "client_id", 1)
    assert sum(ingest.stored().values()) == 1


def test_a_result_is_taken_only_for_the_clients_own_item(ingest: Ingest) -> None:
    ingest.post("work-items", rows()["work-items"])
    foreign, unknown = ({"client_id": "zen"}, {"item_id": "nothing"})
    for wrong in (foreign, unknown):
        good = rows()["results"]
        assert _problem(ingest.post("results", [good, good | wrong])) == (422, "item_id", 1)
    with ingest.engine.begin() as db:
        item = work_items.item(db, "acme-item-1")
    assert item is not None
    assert item.result == {}


def test_a_service_tells_that_a_reply_was_sent(ingest: Ingest) -> None:
    ingest.post("work-items", rows()["work-items"])
    assert ingest.post("results", rows()["results"] | {"status": "answered"}).json()["stored"] == 1


def test_a_service_closes_what_needs_nobody_any_more_and_only_as_it_was_seen(ingest: Ingest) -> None:
    ingest.post("work-items", rows()["work-items"] | {"version": 2})
    closing = {"version": 1, "payload_hash": HASH, "outcome": "published"}
    result = rows()["results"] | {"status": "verified", "closes": closing}
    assert ingest.post("results", result).json() == {"stored": 0, "overtaken": [0]}
    assert ingest.post("results", result | {"closes": closing | {"version": 2}}).json()["stored"] == 1
    with ingest.engine.begin() as db:
        item = work_items.item(db, "acme-item-1")
    assert item is not None
    assert (item.state, item.outcome, item.closed_by) == (ItemState.CLOSED, "published", "studio")
    assert ingest.post("work-items", rows()["work-items"] | {"version": 3}).json() == {"stored": 0, "overtaken": [0]}


@pytest.mark.parametrize("path", ["calendar-items", "work-items"])
def test_a_version_never_goes_back(ingest: Ingest, path: str) -> None:
    newer, older = rows()[path] | {"version": 2, "title": "New"}, rows()[path] | {"version": 1, "title": "Old"}
    assert ingest.post(path, newer).json() == {"stored": 1, "overtaken": []}
    assert ingest.post(path, older).json() == {"stored": 0, "overtaken": [0]}
    with ingest.engine.begin() as db:
        found: Any = work_items.item(db, "acme-item-1") or clients.calendar_of(db, "acme-cal-1")
    assert (found.title, found.version) == ("New", 2)


def test_the_record_says_who_told_it_and_takes_its_own_time(ingest: Ingest) -> None:
    spoofed = rows()["audits"] | {"actor_type": "operator", "actor_id": "U0ANA0001", "at": "2001-01-01T00:00:00Z"}
    assert ingest.post("audits", spoofed).status_code == 200
    with ingest.engine.begin() as db:
        (event,) = audits.last(db, "acme")
        received = db.execute(text("SELECT created_at > now() - interval '1 minute' FROM audit_event")).scalar_one()
    assert event.actor_id == "studio:U0ANA0001"
    assert event.policy_snapshot_id == "studio:policy-3"
    assert (event.ids["source"], event.ids["reported_as"]) == ("studio", "a-1")
    assert event.proof["at"] == "2001-01-01T00:00:00+00:00"
    assert received


def test_the_record_cannot_be_told_otherwise_later(ingest: Ingest) -> None:
    told = rows()["audits"]
    assert ingest.post("audits", [told, told]).status_code == 200
    assert ingest.post("audits", told, key="another").status_code == 200
    new = told | {"audit_id": "a-2"}
    assert _problem(ingest.post("audits", [new, told | {"result": "fail"}])) == (422, "audit_id", 1)
    assert ingest.stored() == {"audit_event": 1, "ingest_request": 1}


@pytest.mark.parametrize("changed", ["body", "path"])
def test_a_key_is_good_for_one_request(ingest: Ingest, changed: str) -> None:
    row = {"client_id": "acme", "platform": "x", "status": "ok"}
    assert ingest.post("connections", row, key="k").status_code == 200
    path, other = ("clients", row) if changed == "path" else ("connections", row | {"status": "expired"})
    answer = ingest.post(path, rows()["clients"] if changed == "path" else other, key="k")
    assert _problem(answer) == (422, "idempotency-key", None)
    with ingest.engine.begin() as db:
        assert [connection.status for connection in clients.connections(db)] == ["ok"]


def test_a_refused_request_leaves_its_key_free(ingest: Ingest) -> None:
    assert ingest.post("usage", rows()["usage"] | {"usd": -1}, key="k").status_code == 422
    assert ingest.post("usage", rows()["usage"], key="k").status_code == 200


@pytest.mark.parametrize("key", [b"a b", b"\xc3\xa9", b"x" * 201, b""])
def test_a_key_has_a_form(ingest: Ingest, key: bytes) -> None:
    headers = [(b"authorization", f"Bearer {SECOND_TOKEN}".encode()), (b"content-type", b"application/json")]
    content = json.dumps([rows()["usage"]]).encode()
    answer = ingest.client.post("/v1/usage", content=content, headers=[*headers, (b"idempotency-key", key)])
    assert _problem(answer) == (422, "idempotency-key", None)
    assert ingest.stored() == {}


def test_while_a_request_is_being_stored_another_with_its_key_is_told_to_wait(ingest: Ingest) -> None:
    usage = [rows()["usage"] | {"usage_id": "acme-use-1"}]
    with ThreadPoolExecutor(1) as pool, ingest.engine.begin() as db:
        db.execute(text("LOCK TABLE provider_usage IN SHARE MODE"))  # the first one waits in the midst of storing
        first = pool.submit(ingest.post, "usage", usage, key="k")
        time.sleep(0.3)
        second = ingest.post("usage", usage, key="k")
        assert _problem(second) == (409, "idempotency-key", None)
        assert second.headers["retry-after"] == "1"
        db.rollback()
        assert first.result().status_code == 200
    assert ingest.post("usage", usage, key="k").headers["idempotent-replayed"] == "true"


def test_of_many_at_once_with_one_key_one_is_stored(ingest: Ingest) -> None:
    body = [rows()["usage"] | {"usage_id": f"acme-use-{n}"} for n in range(50)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ingest.post("usage", body, key="k"), range(40)))
    outcomes = [(a.status_code, "idempotent-replayed" in a.headers) for a in answers]
    assert outcomes.count((200, False)) == 1
    assert set(outcomes) <= {(200, False), (200, True), (409, False)}
    assert ingest.stored() == {"provider_usage": 50, "ingest_request": 1}


@pytest.mark.parametrize("path", NOT_TOLD_OF_ITEMS)
def test_a_batch_is_stored_whole_or_not_at_all(ingest: Ingest, path: str) -> None:
    good = rows()[path]
    answer = ingest.post(path, [good, good, good | {"client_id": "Not A Client"}, good], key="k")
    assert _problem(answer) == (422, "client_id", 2)
    assert ingest.stored() == {}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_no_body_breaks_the_server(ingest: Ingest, body: bytes) -> None:
    answer = ingest.post("usage", body)
    assert answer.status_code in (413, 422)
    assert answer.json()["problems"]
    assert ingest.stored() == {}


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"content_type": "text/plain"}, "content-type"),
        ({"content_type": "application/x-www-form-urlencoded"}, "content-type"),
        ({"content_type": ""}, "content-type"),
        ({"content_encoding": "gzip"}, "content-encoding"),
        ({"content_encoding": "identity, gzip"}, "content-encoding"),
    ],
)
def test_only_plain_json_is_read(ingest: Ingest, headers: dict[str, str], field: str) -> None:
    assert _problem(ingest.post("clients", rows()["clients"], **headers)) == (415, field, None)


def test_a_charset_does_no_harm(ingest: Ingest) -> None:
    answer = ingest.post("clients", rows()["clients"], content_type="Application/JSON; charset=utf-8")
    assert answer.status_code == 200


def test_what_is_too_large_is_refused_with_and_without_a_length(ingest: Ingest) -> None:
    large = b" " * (MOST_BYTES + 1)
    headers = {"authorization": f"Bearer {SECOND_TOKEN}", "content-type": "application/json"}
    chunked = ingest.client.post("/v1/usage", content=iter([large[:1000], large]), headers=headers)
    assert _problem(ingest.post("usage", large)) == _problem(chunked) == (413, "body", None)
    just = json.dumps([rows()["usage"]]).encode()
    assert ingest.post("usage", just + b" " * (MOST_BYTES - len(just))).status_code == 200


def test_a_sender_who_goes_away_leaves_nothing_behind(ingest: Ingest, caplog: pytest.LogCaptureFixture) -> None:
    host, port = ingest.url.removeprefix("http://").split(":")
    head = (
        f"POST /v1/clients HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SECOND_TOKEN}\r\n"
        "content-type: application/json\r\ncontent-length: 500\r\n\r\n[{"
    )
    with socket.create_connection((host, int(port))) as sender:
        sender.sendall(head.encode())
        time.sleep(0.2)
    assert ingest.post("usage", rows()["usage"]).status_code == 200
    assert ingest.stored() == {"provider_usage": 1}
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_while_the_store_is_down_the_sender_is_asked_to_come_again() -> None:
    nowhere = connect("postgresql+psycopg://checkin:s3cret@127.0.0.1:1/checkin", name="tests")
    with served(nowhere) as ingest:
        answer = ingest.post("usage", rows()["usage"], key="k")
    nowhere.dispose()
    assert _problem(answer) == (503, "storage", None)
    assert int(answer.headers["retry-after"]) > 0
    assert "127.0.0.1" not in answer.text
    assert ingest.counted() == {("studio", "not_stored"): 1}


def test_a_store_that_waits_too_long_keeps_nothing_and_takes_it_later(ingest: Ingest) -> None:
    with ingest.engine.begin() as db:
        db.execute(text("LOCK TABLE provider_usage IN SHARE MODE"))
        assert ingest.post("usage", rows()["usage"], key="k").status_code == 503
    assert ingest.stored() == {}
    assert ingest.post("usage", rows()["usage"], key="k").status_code == 200


def test_batches_that_cross_do_not_wait_for_each_other_for_ever(ingest: Ingest) -> None:
    ahead = [rows()["usage"] | {"usage_id": f"acme-use-{n}"} for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: ingest.post("usage", ahead if n % 2 else ahead[::-1]), range(20)))
    assert {answer.status_code for answer in answers} == {200}


def test_the_description_tells_of_every_row_as_it_is_read(ingest: Ingest) -> None:
    document = ingest.client.get("/v1/openapi.json").json()
    assert {f"/{path}" for path in PATHS} <= set(document["paths"])
    assert document["servers"] == [{"url": "/v1"}]
    for resource in RESOURCES:
        told = batch_of(resource.row).json_schema(ref_template="#/components/schemas/{model}")
        parts = told.pop("$defs")
        body = document["paths"][f"/{resource.scope}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body == told
        assert {name: document["components"]["schemas"][name] for name in parts} == parts


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "usage", 405), ("POST", "x", 404), ("GET", "docs", 404)]
)
def test_what_is_not_there_is_said_in_the_same_form(ingest: Ingest, method: str, path: str, status: int) -> None:
    assert _problem(ingest.client.request(method, f"/v1/{path}")) == (status, "path", None)


def test_the_page_tells_every_path_and_status_and_its_example_works(ingest: Ingest) -> None:
    page = (Path(__file__).parents[2] / "docs" / "ingest.md").read_text()
    assert [scope for scope in Scope if f"| `{scope}` |" not in page] == []
    assert [status for status in REFUSALS if str(status) not in page] == []
    assert f"1 to {MOST_ROWS} rows" in page
    (command,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    (answer,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    run = subprocess.run(
        ["sh", "-c", command.replace("http://127.0.0.1:8080", ingest.url)],
        env={**os.environ, "TOKEN": TOKENS["studio"], "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (run.returncode, json.loads(run.stdout)) == (0, json.loads(answer)), run.stderr
    assert ingest.stored() == {"calendar_item": 1, "ingest_request": 1}
