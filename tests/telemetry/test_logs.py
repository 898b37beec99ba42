import io
import logging
import re
import subprocess
import sys
import threading
import time
from typing import Any

import orjson
import pytest
import structlog

from telemetry import ids, logs, traces
from tests.telemetry.conftest import Lines


def fail(error: Exception, cause: Exception | None = None) -> None:
    raise error from cause


def only(lines: Lines) -> dict[str, Any]:
    (line,) = lines()
    return line


def test_a_line_has_every_required_field_and_null_where_none_applies(lines: Lines) -> None:
    logs.get("here").info("started")

    line = only(lines)
    assert tuple(line) == (*logs.FIELDS, "component")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    told = {name: value for name, value in line.items() if value is not None and name != "timestamp"}
    assert told == {"level": "info", "service": "tests", "event_name": "started", "component": "here"}


def test_the_required_fields_are_those_of_the_specification() -> None:
    specified = """timestamp, level request_id, trace_id, span_id client_id, platform, lane, blueprint_id
        episode_id, job_id event_name duration_ms status error_code error_message"""
    assert set(specified.replace(",", "").split()) | {"service"} == set(logs.FIELDS)


def test_ids_come_from_the_context_and_the_active_span(lines: Lines) -> None:
    traces.configure("tests")
    with ids.bound(client_id="acme", job_id="j1", plan_id="p1"), traces.span("job.dequeue") as span:
        logs.get("here").info("job.started", duration_ms=1.5, status="ok", attempt=2)

    line = only(lines)
    assert (line["client_id"], line["job_id"], line["plan_id"]) == ("acme", "j1", "p1")
    assert line["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert line["span_id"] == f"{span.get_span_context().span_id:016x}"
    assert (line["duration_ms"], line["status"], line["attempt"]) == (1.5, "ok", 2)


def test_what_the_call_says_wins_over_the_context(lines: Lines) -> None:
    with ids.bound(client_id="acme"):
        logs.get("here").info("sweep.found", client_id="globex")

    assert only(lines)["client_id"] == "globex"


def test_an_exception_gives_type_message_cause_and_a_stack_without_locals(lines: Lines) -> None:
    def publish() -> None:
        hidden_local = "value-of-a-local"
        fail(RuntimeError(f"publish failed, correct-horse, {len(hidden_local)}"), ConnectionError("no route"))

    try:
        publish()
    except RuntimeError:
        logs.get("here").exception("publish.failed")

    line = only(lines)
    assert (line["level"], line["status"], line["error_code"]) == ("error", "error", "RuntimeError")
    assert re.fullmatch(r"publish failed, \[redacted:registered:\w{8}\], 16", line["error_message"])
    assert line["causes"] == ["ConnectionError: no route"]
    assert [place.split()[1] for place in line["stack"]][-2:] == ["publish", "fail"]
    assert re.fullmatch(r"telemetry/test_logs\.py:\d+ fail", line["stack"][-1])
    assert "value-of-a-local" not in orjson.dumps(line).decode()


@pytest.mark.parametrize("given", ["instance", "tuple", "true"])
def test_an_exception_may_be_given_in_any_of_the_usual_ways(lines: Lines, given: str) -> None:
    try:
        fail(KeyError("x"))
    except KeyError as error:
        logs.get("here").warning(
            "lookup.failed", exc_info={"instance": error, "tuple": sys.exc_info(), "true": True}[given]
        )

    assert only(lines)["error_code"] == "KeyError"


def test_an_error_always_has_a_code_and_a_text(lines: Lines) -> None:
    log = logs.get("here")
    log.error("upload.failed", status="error")
    log.error("upload.failed", status="error", error_code="full")
    log.error("upload.failed", status="error", error_code="full", error_message="no room left")
    log.info("upload.done", status="ok")

    told = [(line["error_code"], line["error_message"]) for line in lines()]
    assert told == [("upload.failed", "upload.failed"), ("full", "full"), ("full", "no room left"), (None, None)]


def test_exc_info_without_an_exception_is_no_error(lines: Lines) -> None:
    logs.get("here").info("nothing.wrong", exc_info=True)

    assert (only(lines)["status"], only(lines)["error_code"]) == (None, None)


def test_a_causal_circle_does_not_hang(lines: Lines) -> None:
    first, second = ValueError("1"), ValueError("2")
    first.__cause__, second.__cause__ = second, first
    logs.get("here").error("odd", exc_info=first)

    assert len(only(lines)["causes"]) == 3


def test_libraries_write_the_same_lines(lines: Lines) -> None:
    with ids.bound(request_id="r1"):
        logging.getLogger("slack_sdk.web").warning("sent %s with %s", "chat.postMessage", "xoxb-1234567890-abcdefghij")

    line = only(lines)
    assert tuple(line)[: len(logs.FIELDS)] == logs.FIELDS
    assert (line["level"], line["event_name"], line["component"]) == ("warning", "log", "slack_sdk.web")
    assert line["request_id"] == "r1"
    assert re.fullmatch(r"sent chat\.postMessage with \[redacted:slack:\w{8}\]", line["message"])


def test_a_librarys_exception_is_told_like_ours(lines: Lines) -> None:
    try:
        fail(OSError("disk correct-horse full"))
    except OSError:
        logging.getLogger("apscheduler").exception("job raised")

    line = only(lines)
    assert line["error_code"] == "OSError"
    assert "correct-horse" not in orjson.dumps(line).decode()


def test_a_librarys_broken_format_neither_fails_nor_gets_lost(
    lines: Lines, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    ours = [handler for handler in root.handlers if isinstance(handler, logs._LibraryHandler)]
    monkeypatch.setattr(root, "handlers", ours)  # without pytest's own, which raises
    logging.getLogger("uvicorn").warning("%d of %d", "one")

    assert only(lines)["message"] == "%d of %d"
    assert capsys.readouterr().err == ""


def test_libraries_are_heard_from_warning_up_and_ours_from_the_level_given(lines: Lines) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST …")
    logs.get("here").debug("seen")

    assert only(lines)["event_name"] == "seen"


def test_below_the_level_nothing_is_written(lines: Lines) -> None:
    stream = io.StringIO()
    logs.configure("tests", stream=stream)
    logs.get("here").debug("unseen")

    assert stream.getvalue() == ""
    assert lines() == []


def test_a_logger_made_before_the_configuration_obeys_it() -> None:
    log = logs.get("early")
    first, second = io.StringIO(), io.StringIO()
    try:
        logs.configure("tests", stream=first)
        log.info("one")
        logging.getLogger("lib").warning("one")
        logs.configure("tests", stream=second)
        log.info("two")
        logging.getLogger("lib").warning("two")
    finally:
        structlog.reset_defaults()
    assert [len(stream.getvalue().splitlines()) for stream in (first, second)] == [2, 2]


HOSTILE = [
    'a\nb\r\n{"level":"info"}\x1b[31m\x00\u2028\u2029\x85\x0b',
    "x" * 1_000_000,
    "\ud800",
    "‮reversed",
    10**30,
    {"a": {"b": ["\n"]}},
    b"\xff\x00",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_one_event_is_one_line_whatever_it_holds(hostile: object) -> None:
    stream = io.StringIO()
    try:
        logs.configure("tests", stream=stream)
        logs.get("here").info("received", value=hostile)
        logs.get("here").info(str(hostile))
        logging.getLogger("lib").warning("%s", hostile)
    finally:
        structlog.reset_defaults()
    written = stream.getvalue()
    assert written.count("\n") == 3
    assert all(len(line) < 8_000 and orjson.loads(line)["service"] == "tests" for line in written[:-1].split("\n"))


SECRETS = [
    "correct-horse",
    "correct%2Dhorse",
    "xoxb-1234567890-abcdefghij",
    "postgres://u:hunter2@h/d",
    "?token=abcdef",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_way_into_a_line_lets_a_secret_through(lines: Lines, secret: str) -> None:
    log = logs.get("here").bind(bound=secret)
    with ids.bound(request_id=secret):
        log.info(secret, value=secret, nested={"deep": [secret], secret: 1}, thing=ValueError(secret))
        try:
            fail(ValueError(secret), OSError(secret))
        except ValueError:
            log.exception("failed")
            logging.getLogger("lib").exception("failed %s", secret)

    assert len(lines()) == 3
    for part in ("correct-horse", "1234567890-abc", "hunter2", "abcdef"):
        assert part not in orjson.dumps(lines()).decode()


class Slow(io.StringIO):
    def write(self, text: str) -> int:
        for part in (text[:40], text[40:]):
            super().write(part)
            time.sleep(0.0005)  # lets another thread in
        return len(text)


def test_threads_do_not_mix_their_lines(lines: Lines) -> None:
    stream = Slow()
    logs.configure("tests", stream=stream)

    def work(number: int) -> None:
        with ids.bound(job_id=str(number)):
            for _ in range(10):
                logs.get("here").info("step", number=number)
                logging.getLogger("lib").warning("n")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    written = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    assert len(written) == 80
    assert all(line["job_id"] == str(line["number"]) for line in written if "number" in line)


class Full(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_before_anything_is_configured_a_line_is_one_of_ours_and_tells_no_locals() -> None:
    code = """
from telemetry import logs
def fail(password):
    raise ValueError("no")
try:
    fail("hunter2x-Value")
except ValueError:
    logs.get("early").exception("start.failed", token="hunter2x-Value")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    told = orjson.loads(run.stdout)
    assert (told["service"], told["event_name"], told["error_code"]) == (None, "start.failed", "ValueError")
    assert "hunter2x" not in run.stdout + run.stderr


def test_a_full_disk_does_not_stop_the_work() -> None:
    try:
        logs.configure("tests", stream=Full())
        logs.get("here").info("started")
        logging.getLogger("lib").warning("started")
    finally:
        structlog.reset_defaults()


UNCAUGHT = """
import sys, threading, warnings
from telemetry import ids, logs
logs.configure("tests", secrets=["correct-horse"])

def fail():
    with ids.bound(job_id="j1"):
        raise ValueError("correct-horse and xoxb-1234567890-abcdefghij")

class Broken:
    def __del__(self):
        fail()

Broken()
warnings.warn("correct-horse is old")
thread = threading.Thread(target=fail, name="worker")
thread.start()
thread.join()
fail()
"""


def test_what_nobody_caught_is_a_line_without_secrets_too() -> None:
    run = subprocess.run([sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, timeout=30)

    told = [orjson.loads(line) for line in run.stdout.splitlines()]
    assert [(line["event_name"], line["component"]) for line in told] == [
        ("uncaught", "finalizer"),
        ("log", "py.warnings"),
        ("uncaught", "worker"),
        ("uncaught", "process"),
    ]
    assert told[3]["error_code"] == "ValueError"
    assert run.returncode == 1
    assert run.stderr == ""
    assert "correct-horse" not in run.stdout
    assert "abcdefghij" not in run.stdout


def test_an_end_that_was_asked_for_is_no_error() -> None:
    code = "import sys; from telemetry import logs; logs.configure('tests'); sys.exit(3)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)

    assert (run.returncode, run.stdout, run.stderr) == (3, "", "")
