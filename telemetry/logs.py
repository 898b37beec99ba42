"""Structured logs (spec section 6): every event is one JSON line that carries the ids of the work it belongs to.

Our own loggers and those of libraries write the same lines to one stream. What may stand in them is `redact`'s rule;
taking them anywhere is left to whoever started the process.
"""

import logging
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import PurePath
from traceback import walk_tb
from typing import Any, TextIO, cast

import orjson
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger

from telemetry import ids, redact

# Every line has these, in this order, null where one does not apply. `status` is ok, error, blocked or retry.
FIELDS = (
    "timestamp",
    "level",
    "service",
    "event_name",
    "request_id",
    "trace_id",
    "span_id",
    "client_id",
    "platform",
    "lane",
    "blueprint_id",
    "episode_id",
    "job_id",
    "duration_ms",
    "status",
    "error_code",
    "error_message",
)
_BLANK = dict.fromkeys(FIELDS)
_FRAMES = 12  # of a stack, counted from where the fault is
_CAUSES = 3

_configuration: object = None


def configure(
    service: str,
    *,
    level: str = "INFO",
    libraries: str = "WARNING",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Sets up the logging of this process, once at its start; a second call replaces the first.

    `secrets` are masked from here on (`redact.register`). `libraries` is the level from which other people's loggers
    are heard: at INFO some write a line per request, or the body of one (https://github.com/slackapi/bolt-python/issues/1158).
    Handlers that a library brings of its own write past all this: see `take_over`.
    """
    redact.register(secrets)
    lines = _Lines(stream)
    _write_lines(service, level, lines)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _LibraryHandler)]:
        root.removeHandler(handler)
    root.addHandler(_LibraryHandler(service, lines))
    root.setLevel(libraries)
    logging.captureWarnings(True)
    # Python itself would print these to stderr as they are, with whatever secret the exception's text holds.
    sys.excepthook = lambda _type, error, _traceback: _tell_uncaught("process", error)
    threading.excepthook = lambda told: _tell_uncaught(told.thread.name if told.thread else "thread", told.exc_value)
    sys.unraisablehook = lambda told: _tell_uncaught("finalizer", told.exc_value)


def _write_lines(service: str | None, level: str, lines: "_Lines") -> None:
    global _configuration  # a process has one
    _configuration = object()
    structlog.configure(
        processors=[partial(_line, service)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,  # a module's logger may be used before this is called, and after it again
    )


def take_over(*libraries: str) -> None:
    """Takes these loggers' own handlers away, so that what they say comes out as all else does, masked."""
    for name in libraries:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


def get(name: str) -> FilteringBoundLogger:
    """A logger: `log.info("publish.accepted", status="ok", duration_ms=12.5)`.

    The event's name is one of few and holds no values; those are fields. With `exc_info=True`, or `log.exception`,
    the exception gives `status`, `error_code` (its type), `error_message`, `causes` and `stack`.
    """
    return cast(FilteringBoundLogger, _Logger(name))


class _Logger:
    """Obeys the newest configuration, and binds itself anew only after there was one: structlog's proxy, told not to
    keep what it made, does so for every line, which takes a third of the whole."""

    __slots__ = ("_bound", "_name", "_under")

    def __init__(self, name: str) -> None:
        self._name = name
        self._under: object = None

    def __getattr__(self, method: str) -> Any:
        if self._under is not _configuration or not structlog.is_configured():
            self._bound = structlog.get_logger(component=self._name).bind()
            self._under = _configuration
        return getattr(self._bound, method)


def _tell_uncaught(where: str, error: BaseException | None) -> None:
    """An exception that nobody caught; that a process or thread is asked to end is none."""
    if not isinstance(error, SystemExit | KeyboardInterrupt):
        structlog.get_logger(component=where).critical("uncaught", exc_info=error)


class _Lines:
    """One stream, one whole line at a time; work goes on when it cannot be written (a full disk, a reader gone)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream  # None: stdout as it is then
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        with self._lock:
            try:
                stream = self._stream or sys.stdout
                stream.write(line)
                stream.flush()
            except (OSError, ValueError):  # ValueError: the stream is closed
                pass

    debug = info = warning = error = critical = write  # what structlog calls, by the level


class _LibraryHandler(logging.Handler):
    """Records of the standard `logging`: their texts name no event, so the event is `log` and the text its message."""

    def __init__(self, service: str, lines: _Lines) -> None:
        super().__init__()
        self._service = service
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # arguments that do not fit the format are the library's fault, and no reason to fail
            message = str(record.msg)
        event = {"event": "log", "message": message, "component": record.name, "exc_info": record.exc_info}
        self._lines.write(_line(self._service, self, record.levelname.lower(), event))


def _line(service: str | None, _logger: object, level: str, event: EventDict) -> str:
    line: dict[str, object] = {**_BLANK, **redact.own_ids(ids.current())}
    line["event_name"] = redact.field("event_name", event.pop("event"))
    if exc_info := event.pop("exc_info", None):
        event = {**_exception(exc_info), **event}
    for name, value in event.items():
        if value is not None:
            line[name] = redact.field(name, value)
    if line["status"] == "error":  # what went wrong has a code and a text, if only these
        line["error_code"] = line["error_code"] or line["event_name"]
        line["error_message"] = line["error_message"] or line["error_code"]
    line["timestamp"] = _now()
    line["level"] = level
    line["service"] = service
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        line["trace_id"], line["span_id"] = _written(span.trace_id, span.span_id)
    return orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE).decode()


@lru_cache(maxsize=256)
def _written(trace_id: int, span_id: int) -> tuple[str, str]:
    return f"{trace_id:032x}", f"{span_id:016x}"


def _now() -> str:
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    return f"{_second(seconds)}.{nanoseconds // 10**6:03d}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:-6]


def _exception(exc_info: object) -> dict[str, object]:
    """What a line tells of an exception: no locals and no source lines, for those hold what nobody meant to log."""
    error = exc_info[1] if isinstance(exc_info, tuple) else sys.exception() if exc_info is True else exc_info
    if not isinstance(error, BaseException):
        return {}
    stack = [
        f"{_place(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return {
        "status": "error",
        "error_code": type(error).__name__,
        "error_message": redact.printed(error),
        "causes": [f"{type(cause).__name__}: {redact.printed(cause)}" for cause in _causes(error)] or None,
        "stack": stack[-_FRAMES:],
    }


def _causes(error: BaseException) -> Iterator[BaseException]:
    for _ in range(_CAUSES):
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            return
        yield cause
        error = cause


def _place(path: str) -> str:
    return "/".join(PurePath(path).parts[-2:])


# Until a service says more: structlog's own default prints an exception with all its locals, and the secrets in them.
_write_lines(None, "INFO", _Lines())
