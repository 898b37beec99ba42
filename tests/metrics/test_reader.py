import gzip
import json
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from metrics.model import Matrix, Missing, Sample, Series, Vector
from metrics.reader import MOST_BYTES, Reader

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


def answer(
    body: bytes | dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Callable[[BaseHTTPRequestHandler], None]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return reply


def success(result: Any, **beside: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "vector", "result": result}} | beside


def test_a_vector_keeps_labels_and_values(prometheus: Reader) -> None:
    found = prometheus.instant('label_replace(vector(2.5), "platform", "x", "", "")', NOON)
    assert found == Vector((Sample({"platform": "x"}, 2.5),))
    assert isinstance(found, Vector)
    assert found.by("platform") == {"x": 2.5}
    assert found.value == 2.5


def test_nothing_matched_is_empty_and_not_zero(prometheus: Reader) -> None:
    found = prometheus.instant("sum(no_such_metric)", NOON)
    assert found == Vector(())
    assert isinstance(found, Vector)
    assert found.value is None


@pytest.mark.parametrize(("query", "value"), [("vector(1)/0", math.inf), ("-vector(1)/0", -math.inf)])
def test_infinities_arrive_as_numbers(prometheus: Reader, query: str, value: float) -> None:
    assert prometheus.instant(query, NOON) == Vector((Sample({}, value),))


def test_nan_arrives_as_a_number(prometheus: Reader) -> None:
    found = prometheus.instant("vector(0)/0", NOON)
    assert isinstance(found, Vector)
    assert found.value is not None
    assert math.isnan(found.value)


def test_a_range_has_a_point_per_step_at_its_moment(prometheus: Reader) -> None:
    found = prometheus.range("vector(7)", NOON, NOON + 2 * MINUTE, MINUTE)
    assert found == Matrix((Series({}, tuple((NOON + n * MINUTE, 7.0) for n in range(3))),))


def test_a_question_prometheus_cannot_parse_is_missing_with_its_reason(prometheus: Reader) -> None:
    found = prometheus.instant("sum(", NOON)
    assert isinstance(found, Missing)
    assert found.why.startswith("refused the question: ")
    assert "parse error" in found.why


def test_too_many_points_are_missing_with_the_reason(prometheus: Reader) -> None:
    found = prometheus.range("vector(1)", NOON, NOON + timedelta(days=30), timedelta(seconds=1))
    assert isinstance(found, Missing)
    assert "exceeded maximum resolution" in found.why


def test_missing_tells_when_the_source_last_answered(prometheus_url: str) -> None:
    reader = Reader(prometheus_url)
    never = reader.instant("sum(", NOON)
    reader.instant("vector(1)", NOON)
    reader.instant("vector(1)", NOON - MINUTE)
    later = reader.instant("sum(", NOON + MINUTE)
    assert isinstance(never, Missing)
    assert isinstance(later, Missing)
    assert (never.since, later.since) == (None, NOON)


def test_warnings_and_infos_are_kept(serve: Serve) -> None:
    url = serve(answer(success([], warnings=["store-2 is down"], infos=["metric might not be a counter"])))
    assert Reader(url).instant("up", NOON) == Vector((), ("store-2 is down", "metric might not be a counter"))


def test_warnings_belong_to_their_own_answer(serve: Serve) -> None:
    replies = iter([success([], warnings=["partial"]), success([])])
    reader = Reader(serve(lambda request: answer(next(replies))(request)))
    assert reader.instant("up", NOON) == Vector((), ("partial",))
    assert reader.instant("up", NOON) == Vector((), ())


def test_threads_do_not_hear_each_others_answers(serve: Serve) -> None:
    def reply(request: BaseHTTPRequestHandler) -> None:
        number = request.path.partition("query=")[2].partition("&")[0]
        answer(success([{"metric": {}, "value": [0, number]}], warnings=[number]))(request)

    reader = Reader(serve(reply))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: reader.instant(str(n), NOON), range(200)))
    assert found == [Vector((Sample({}, float(n)),), (str(n),)) for n in range(200)]


def test_headers_and_parameters_go_with_every_question(serve: Serve) -> None:
    seen = []

    def reply(request: BaseHTTPRequestHandler) -> None:
        seen.append((request.headers["X-Scope-OrgID"], "partial_response=false" in request.path))
        answer(success([]))(request)

    reader = Reader(serve(reply), headers={"X-Scope-OrgID": "agency"}, params={"partial_response": "false"})
    reader.instant("up", NOON)
    reader.range("up", NOON, NOON + MINUTE, MINUTE)
    assert seen == [("agency", True)] * 2


GARBAGE = {
    "nothing": b"",
    "not JSON": b"<html>Bad gateway</html>",
    "not an object": b"[]",
    "null": b"null",
    "no data": b'{"status": "success"}',
    "deeply nested": b"[" * 200_000,
    "not UTF-8": b'{"data": {"result": "\xff\xfe"}}',
    "result is text": json.dumps(success("up")).encode(),
    "sample is text": json.dumps(success(["up"])).encode(),
    "value is not a number": json.dumps(success([{"metric": {}, "value": [0, "many"]}])).encode(),
    "moment is absurd": json.dumps(success([{"metric": {}, "value": [1e300, "1"]}])).encode(),
    "labels are not text": json.dumps(success([{"metric": {"a": {}}, "value": [0, "1"]}])).encode(),
    "a native histogram": json.dumps(success([{"metric": {}, "histogram": [0, {"count": "1"}]}])).encode(),
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_an_answer_that_cannot_be_read_is_missing(serve: Serve, body: bytes) -> None:
    reader = Reader(serve(answer(body)))
    why = Missing("sent an answer that cannot be read")
    assert reader.instant("up", NOON) == why
    assert reader.range("up", NOON, NOON + MINUTE, MINUTE) == why


@pytest.mark.parametrize("status", [302, 401, 404, 429, 500, 503])
def test_another_status_is_missing_and_asked_only_once(serve: Serve, status: int) -> None:
    asked = []

    def reply(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        answer(b"no", status, {"Location": "/elsewhere"})(request)

    assert Reader(serve(reply)).instant("up", NOON) == Missing(f"refused the question: HTTP status {status}")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("body", "headers"),
    [(b" " * (MOST_BYTES + 1), {}), (gzip.compress(b" " * (MOST_BYTES + 1)), {"Content-Encoding": "gzip"})],
    ids=["plain", "compressed"],
)
def test_a_body_over_the_limit_is_cut_off(serve: Serve, body: bytes, headers: dict[str, str]) -> None:
    assert Reader(serve(answer(body, headers=headers))).instant("up", NOON) == Missing("sent more than 4 MiB")


def test_a_body_within_the_limit_is_read_whole(serve: Serve) -> None:
    samples = [{"metric": {"n": "x" * 1000}, "value": [0, "1"]}] * 3900
    found = Reader(serve(answer(success(samples)))).instant("up", NOON)
    assert isinstance(found, Vector)
    assert len(found.samples) == 3900


def test_an_answer_that_breaks_off_is_missing(serve: Serve) -> None:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b'{"status"')
        request.close_connection = True

    found = Reader(serve(reply)).instant("up", NOON)
    assert found == Missing("broke off its answer")


def test_a_silent_source_is_given_up_in_time(serve: Serve) -> None:
    begun = time.monotonic()
    found = Reader(serve(lambda _: time.sleep(1)), timeout=0.2).instant("up", NOON)
    assert found == Missing("did not answer within 0.2 s")
    assert time.monotonic() - begun < 0.8


def test_a_dripping_source_is_given_up_in_time(serve: Serve) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        for _ in range(20):
            request.wfile.write(b" ")
            time.sleep(0.1)

    begun = time.monotonic()
    assert Reader(serve(drip), timeout=0.3).instant("up", NOON) == Missing("did not answer within 0.3 s")
    assert time.monotonic() - begun < 1


def test_a_source_that_is_not_there_is_missing() -> None:
    assert Reader("http://127.0.0.1:1").instant("up", NOON) == Missing("cannot be reached")
