from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import orjson
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from bench import telemetry
from bench.telemetry import CANDIDATES, measured, rows

FAST = {name: [1.0] * 3 for name in CANDIDATES} | dict.fromkeys(
    ("sdk add", "sdk add kept", "sdk record", "sdk record kept"), [5.0] * 3
)


def missed(**slow: float) -> set[str]:
    """The aims that are missed when these are so slow and all others as they should be."""
    shown = FAST | {name.replace("_", " "): [value] * 3 for name, value in slow.items()}
    return {row.case for row in rows(shown, FAST) if not row.ok}


def test_a_kit_as_it_should_be_misses_nothing() -> None:
    assert missed() == set()


@pytest.mark.parametrize(
    ("name", "value", "case"),
    [
        ("add", 5.0, "counter, 4 labels"),
        ("record", 5.0, "histogram, 4 labels"),
        ("span", 1.3, "span, all sent"),
        ("line", 1.6, "log line, all fields"),
    ],
)
def test_one_that_costs_too_much_is_caught(name: str, value: float, case: str) -> None:
    assert missed(**{name: value}) == {case}


def test_every_candidate_runs_and_costs_something() -> None:
    for figures in measured(CANDIDATES, 1, 20):
        assert figures.keys() == CANDIDATES.keys()
        assert all(len(own) == 1 and own[0] > 0 for own in figures.values())


def test_both_lines_tell_the_same(tmp_path: Path) -> None:
    told = []
    for name in ("line", "bare line"):
        file = tmp_path / name
        with mock.patch("os.devnull", str(file)), CANDIDATES[name]() as call:
            call()
        told.append(orjson.loads(file.read_bytes()))
    ours, bare = told
    assert ours.pop("event_name") == bare.pop("event")
    changing = {"timestamp", "trace_id", "span_id"}
    assert ours.keys() == bare.keys()
    assert {k: v for k, v in ours.items() if k not in changing} == {k: v for k, v in bare.items() if k not in changing}


def test_both_spans_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, dict[str, object]]] = []

    def export(_self: object, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        told.extend((span.name, dict(span.attributes or {})) for span in spans)
        return SpanExportResult.SUCCESS

    monkeypatch.setattr(telemetry._Encoded, "export", export)
    for name in ("span", "sdk span"):
        with CANDIDATES[name]() as call:
            call()
    ours, bare = told
    assert ours == bare
