"""10,000 traces through four services, as each service would judge them and as a collector would that sees them all."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, Tracer, set_span_in_context

from telemetry import export, sampling, traces
from telemetry.sampling import ESCALATION, TailSampler

TRACES = 10_000
RATIO = 0.15
SERVICES = ("web", "runner", "gateway", "browser")
CONFIGURATION = yaml.safe_load(Path("deploy/otel-collector.yaml").read_text(encoding="utf-8"))

Kept = dict[int, dict[str, list[ReadableSpan]]]
"""Trace id → service → its spans."""


class Sent(SpanProcessor):
    """What a service sent, instead of a queue and a network."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def run_all(ratio: float) -> tuple[Kept, set[int], set[int]]:
    """What the services sent; all traces there were, and those with an error or an escalation in some service."""
    dice = Random(4)
    sent = {service: Sent() for service in SERVICES}
    tracers = {service: _tracer(sent[service], ratio) for service in SERVICES}
    every, special = set(), set()
    for _ in range(TRACES):
        fate = dice.random()
        unlucky = dice.choice(SERVICES) if fate < 0.08 else None
        trace_id = _walk(tracers, unlucky, escalated=fate < 0.03)
        every.add(trace_id)
        if unlucky:
            special.add(trace_id)
    kept: Kept = {}
    for service, its in sent.items():
        for span in its.spans:
            kept.setdefault(span.context.trace_id, {}).setdefault(service, []).append(span)
    return kept, every, special


def _tracer(sent: Sent, ratio: float) -> Tracer:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(TailSampler(sent, ratio))
    return provider.get_tracer("tests")


def _walk(tracers: dict[str, Tracer], unlucky: str | None, *, escalated: bool) -> int:
    """One trace: each service has two spans and calls the next, which sees the caller as remote."""
    caller: SpanContext | None = None
    trace_id = 0
    for service, tracer in tracers.items():
        parent = set_span_in_context(NonRecordingSpan(caller)) if caller else None
        with tracer.start_as_current_span(f"{service}.root", context=parent) as root:
            with tracer.start_as_current_span(f"{service}.step") as step:
                if service == unlucky:
                    step.set_attribute(ESCALATION, True) if escalated else step.set_status(StatusCode.ERROR)
            trace_id = root.get_span_context().trace_id
            here = root.get_span_context()
            caller = SpanContext(here.trace_id, here.span_id, is_remote=True, trace_flags=here.trace_flags)
    return trace_id


def _about(kept: int, of: int) -> bool:
    """Within 4 standard deviations of the ratio."""
    return abs(kept - of * RATIO) < 4 * math.sqrt(of * RATIO * (1 - RATIO))


@pytest.mark.slow
def test_a_service_alone_loses_no_error_and_agrees_with_the_others_on_the_rest() -> None:
    kept, every, special = run_all(RATIO)
    routine = every - special

    assert all(any(map(_is_special, spans_of(kept[trace_id]))) for trace_id in special)
    assert _about(len(kept.keys() & routine), len(routine))
    assert {frozenset(kept[trace_id]) for trace_id in kept.keys() & routine} == {frozenset(SERVICES)}


@pytest.mark.slow
def test_behind_the_collector_every_kept_trace_is_whole() -> None:
    arrived, every, special = run_all(1)
    assert arrived.keys() == every

    policies = [_policy(**policy) for policy in CONFIGURATION["processors"]["tail_sampling"]["policies"]]
    kept = {trace_id: parts for trace_id, parts in arrived.items() if any(judge(spans_of(parts)) for judge in policies)}
    routine = every - special
    print(  # noqa: T201 - the figures, for `pytest -s`
        f"{TRACES} traces, {len(special)} with an error or an escalation: {len(kept.keys() & special)} of these kept, "
        f"{len(kept.keys() & routine) / len(routine):.1%} of the rest"
    )
    assert special <= kept.keys()
    assert _about(len(kept.keys() & routine), len(routine))
    assert all(len(parts) == len(SERVICES) for parts in kept.values())
    assert all(len(spans) == 2 for parts in kept.values() for spans in parts.values())


def spans_of(parts: dict[str, list[ReadableSpan]]) -> list[ReadableSpan]:
    return [span for spans in parts.values() for span in spans]


def _is_special(span: ReadableSpan) -> bool:
    return span.status.status_code is StatusCode.ERROR or ESCALATION in (span.attributes or {})


def _policy(name: str, type: str, **settings: Any) -> Callable[[Iterable[ReadableSpan]], bool]:
    """A policy of the collector's tail sampling, as its documentation describes it.

    https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/processor/tailsamplingprocessor
    """
    told = settings.pop(type)
    assert settings == {}, f"{name} has settings of another type"
    match type:
        case "status_code":
            return lambda spans: any(span.status.status_code.name in told["status_codes"] for span in spans)
        case "boolean_attribute":
            return lambda spans: any((span.attributes or {}).get(told["key"]) is told["value"] for span in spans)
        case "probabilistic":
            share = told["sampling_percentage"] / 100
            return lambda spans: Random(next(iter(spans)).context.trace_id).random() < share
    raise AssertionError(f"the policy {name} is of a type this test does not know: {type}")


def test_the_collector_keeps_what_a_service_would_keep() -> None:
    policies = {policy["type"]: policy for policy in CONFIGURATION["processors"]["tail_sampling"]["policies"]}
    default = traces.configure.__kwdefaults__
    assert default is not None

    assert policies.keys() == {"status_code", "boolean_attribute", "probabilistic"}
    assert policies["boolean_attribute"]["boolean_attribute"]["key"] == sampling.ESCALATION
    assert policies["probabilistic"]["probabilistic"]["sampling_percentage"] == default["ratio"] * 100 == RATIO * 100


@pytest.mark.parametrize("signal", ["traces", "metrics"])
def test_every_part_of_a_pipeline_is_configured(signal: str) -> None:
    pipeline = CONFIGURATION["service"]["pipelines"][signal]

    assert set(pipeline) == {"receivers", "processors", "exporters"}
    assert all(name in CONFIGURATION[kind] for kind, names in pipeline.items() for name in names)
    assert pipeline["processors"][0] == "memory_limiter"


def test_what_was_decided_is_remembered_longer_than_a_trace_is_held() -> None:
    settings = CONFIGURATION["processors"]["tail_sampling"]

    assert settings["decision_cache"]["sampled_cache_size"] >= 10 * settings["num_traces"]


def test_metric_names_are_left_alone_by_the_collector() -> None:
    assert CONFIGURATION["exporters"]["prometheus"]["add_metric_suffixes"] is False
    assert CONFIGURATION["exporters"]["prometheus"]["without_scope_info"] is True


def test_what_waits_is_bounded() -> None:
    assert export.WAITING_SPANS <= 10_000
    assert sampling.HELD_SPANS <= 10_000
