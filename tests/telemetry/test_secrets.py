import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from unittest import mock
from uuid import uuid4

import orjson
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

from audits import Phase, Result
from audits import store as audits
from clients.ingest import Usage, batch_of, parse
from telemetry import catalog, ids, logs, redact, traces
from telemetry.metrics import Metrics
from tests import factories
from tests.telemetry.secrets import NAMED, REGISTERED, SHAPED, kinds

KINDS = kinds()
Sink = Callable[[str], object]
"""Brings a text out in every way there is; what came out."""


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redact, "_registered", ())
    redact.register(REGISTERED)
    yield
    monkeypatch.undo()
    redact._short_field.cache_clear()
    redact.own_ids.cache_clear()


@pytest.fixture
def unmasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kit as it would be without its redactor."""
    monkeypatch.setattr(redact, "text", lambda value: value)
    monkeypatch.setattr(redact, "field", lambda _name, value: value)
    monkeypatch.setattr(redact, "kept", dict)
    redact.own_ids.cache_clear()


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    for owner, hook in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(owner, hook, getattr(owner, hook))  # set back at the end
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("tests", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Spans(SpanExporter):
    def __init__(self) -> None:
        self.exported: list[object] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            events = [(event.name, dict(event.attributes or {})) for event in span.events]
            self.exported.append([span.name, dict(span.attributes or {}), events, span.status.description])
        return SpanExportResult.SUCCESS


def raised(told: str) -> Exception:
    try:
        fail(ValueError(f"it failed: {told}"), OSError(told))
    except ValueError as error:
        return error
    raise AssertionError


def fail(error: Exception, cause: Exception) -> None:
    raise error from cause


def sentences(told: str) -> list[str]:
    return [told, f"before {told} after", f"x={told!r}"]


def through_lines(told: str) -> None:
    log = logs.get("here").bind(bound=told)
    for sentence in sentences(told):
        log.info(sentence, value=sentence, nested={"deep": [sentence], sentence: 1}, error=ValueError(sentence))
    log.info("named", token=told, clientSecret=told, headers={"Set-Cookie": told})
    with ids.bound(request_id=told[:128]):
        log.info("in context")


def through_libraries(told: str) -> None:
    library = logging.getLogger("httpx")
    for sentence in sentences(told):
        library.warning(sentence)
        library.warning("answered %s for %r", 401, sentence)
    library.error("failed", exc_info=raised(told))


def through_exceptions(told: str) -> None:
    logs.get("here").error("publish.failed", exc_info=raised(told))
    sys.excepthook(ValueError, raised(told), None)
    threading.excepthook(threading.ExceptHookArgs((ValueError, raised(told), None, threading.current_thread())))


@pytest.mark.parametrize("way", [through_lines, through_libraries, through_exceptions])
def test_no_log_line_holds_a_secret(way: Sink, stream: io.StringIO) -> None:
    assert leaks(written(way, stream)) == []


@pytest.mark.parametrize("way", [through_lines, through_libraries, through_exceptions])
@pytest.mark.usefixtures("unmasked")
def test_without_the_redactor_every_secret_is_found_in_the_log_lines(way: Sink, stream: io.StringIO) -> None:
    assert leaks(written(way, stream)) == list(KINDS)


def written(way: Sink, stream: io.StringIO) -> Sink:
    def sink(told: str) -> object:
        stream.seek(0)
        stream.truncate()
        way(told)
        return [orjson.loads(line) for line in stream.getvalue().splitlines()]

    return sink


def leaks(sink: Sink) -> list[str]:
    """The kinds of secrets that came out of the sink again."""
    return [kind for kind, secret in KINDS.items() if secret.needle in "\n".join(strings(sink(secret.text)))]


def strings(value: object) -> Iterator[str]:
    """Every text in it, as it was before it was quoted for its place."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from (*strings(key), *strings(item))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)
    elif value is not None:
        yield str(value)


def through_spans(told: str) -> object:
    exporter = Spans()
    with mock.patch.object(traces, "OTLPSpanExporter", return_value=exporter):
        traces.configure("tests", otlp_url="http://nowhere", ratio=1)
    with (
        ids.bound(request_id=told[:128]),
        traces.span(f"call {told}", tool_id=told, note=f"before {told} after") as span,
    ):
        span.add_event(told, {"url": told, "token": told})
        span.record_exception(raised(told))
        traces.escalate(told)
        traces.fail(f"answered: {told}")
    traces.configure("tests")
    return exporter.exported


def through_metrics(told: str) -> object:
    metrics = Metrics("tests", strict=True)
    metrics.add(catalog.TOOL_ERRORS_TOTAL, tool_id=told, reason="timeout")
    metrics.set(catalog.QUEUE_DEPTH, 1, queue=told)
    metrics.replace(catalog.CLIENT_BUDGET_USD_PER_DAY, {(told,): 1})
    exposed = text_string_to_metric_families(metrics.exposition().decode())
    return [sample.labels for family in exposed for sample in family.samples]


def through_refusals(told: str) -> object:
    rows = [{told: told, "usd": told, "at": told, "client_id": told, "kind": told, "provider": {told: told}}]
    bodies = [orjson.dumps(rows), orjson.dumps({told: told}), told.encode(), orjson.dumps([{"x" * 70 + " " + told: 1}])]
    return [vars(problem) for body in bodies for problem in parse(batch_of(Usage), body, factories.NOON)]


@pytest.mark.parametrize("sink", [through_spans, through_metrics, through_refusals])
def test_no_span_metric_or_answer_holds_a_secret(sink: Sink) -> None:
    assert leaks(sink) == []


@pytest.mark.parametrize("sink", [through_spans, through_metrics, through_refusals])
@pytest.mark.usefixtures("unmasked")
def test_without_the_redactor_every_secret_is_found_there(sink: Sink) -> None:
    assert leaks(sink) == list(KINDS)


@pytest.fixture
def record(engine: Engine) -> Sink:
    """The audits as they are stored."""

    def sink(told: str) -> object:
        with engine.begin() as db:
            effect = factories.effect(summary=f"reel: {told}", ids={"request_id": told, "token": told})
            proof = {"error_reason": told, "answers": [{"body": told}], "password": told}
            audits.record(db, effect, Phase.OUTCOME, Result.FAIL, proof)
            (event,) = audits.last(db, "acme")
            audits.conclude(db, event, Result.FAIL, proof)
            elsewhere = replace(event, audit_id=uuid4(), payload_summary=told, proof=proof, created_at=None)
            for _ in range(2):
                assert audits.record_reported(db, [elsewhere]) == []  # told again it is the same
            rows = db.execute(text("SELECT payload_summary, proof, ids FROM audit_event")).all()
            db.rollback()
        return [tuple(row) for row in rows]

    return sink


def test_no_audit_holds_a_secret(record: Sink) -> None:
    assert leaks(record) == []


@pytest.mark.usefixtures("unmasked")
def test_without_the_redactor_every_secret_is_found_in_the_audits(record: Sink) -> None:
    assert leaks(record) == list(KINDS)


@pytest.mark.parametrize("name", NAMED)
def test_what_is_named_like_a_secret_is_hidden_whatever_it_is(name: str, stream: io.StringIO) -> None:
    exporter = Spans()
    with mock.patch.object(traces, "OTLPSpanExporter", return_value=exporter):
        traces.configure("tests", otlp_url="http://nowhere", ratio=1)
    with traces.span("tool.call", **{name: "plain"}):
        logs.get("here").info("asked", **{name: "plain"}, headers={name: "plain"})
    traces.configure("tests")
    kept = redact.kept({name: "plain", "answer": {name: ["plain"]}})
    assert "plain" not in f"{exporter.exported}{stream.getvalue()}{kept}"


def test_there_are_many_kinds() -> None:
    assert len(SHAPED) + len(REGISTERED) >= 80
    assert len(KINDS) >= 140
