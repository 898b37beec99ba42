import threading
from contextlib import suppress
from contextvars import copy_context
from typing import Any

import pytest

from telemetry import ids, redact, sampling, traces
from tests.telemetry.collector import Collector, attributes


def test_a_span_carries_the_canonical_ids_and_its_own_attributes(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=1)
    with ids.bound(client_id="acme", job_id="j1"), traces.span("tool.call", tool_id="ffmpeg", attempt=2, note=None):
        pass

    span = collector.spans()["tool.call"]
    assert attributes(span) == {"client_id": "acme", "job_id": "j1", "tool_id": "ffmpeg", "attempt": 2}


def test_spans_nest(collector: Collector) -> None:
    traces.configure("tests", otlp_url=f"{collector.url}/", ratio=1)
    with traces.span("agent.episode"), traces.span("tool.call"):
        pass

    spans = collector.spans()
    assert spans["tool.call"].parent_span_id == spans["agent.episode"].span_id
    assert spans["tool.call"].trace_id == spans["agent.episode"].trace_id


def test_an_exception_is_recorded_and_goes_on(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    with pytest.raises(ValueError, match="no such post"), traces.span("post.verify"):
        raise ValueError("no such post")

    span = collector.spans()["post.verify"]
    assert (span.status.code, span.status.message) == (2, "ValueError: no such post")
    assert attributes(span.events[0])["exception.type"] == "ValueError"


def test_of_routine_traces_none_is_sent_at_ratio_zero_and_all_at_one(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    with traces.span("dropped"):
        pass
    traces.configure("tests", otlp_url=collector.url, ratio=1)
    with traces.span("sent"):
        pass

    assert set(collector.spans()) == {"sent"}


def test_a_trace_with_an_error_anywhere_is_sent_whole(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    with traces.span("root"):
        with traces.span("fine"):
            pass
        with traces.span("failed"):
            traces.fail("the platform refused")
    with traces.span("another.trace"):
        pass

    spans = collector.spans()
    assert set(spans) == {"root", "fine", "failed"}
    assert spans["failed"].status.message == "the platform refused"


def test_a_trace_with_an_escalation_is_sent(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    with traces.span("root"), traces.span("agent.episode") as span:
        span.set_attribute(sampling.ESCALATION, True)

    assert set(collector.spans()) == {"root", "agent.episode"}


def test_about_the_configured_share_of_routine_traces_is_sent(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0.5)
    for number in range(200):
        with traces.span(f"routine-{number}"):
            pass

    assert 60 < len(collector.spans()) < 140  # beyond 5 standard deviations otherwise


def test_two_services_choose_the_same_traces(collector: Collector) -> None:
    for service in ("web", "runner"):
        traces.configure(service, otlp_url=collector.url, ratio=0.5)
        for number in range(1, 41):
            caller = {"traceparent": f"00-{number:016x}{number * 2**58:016x}-{1:016x}-01"}
            with traces.extract(caller), traces.span(f"{service}-{number}"):
                pass

    chosen = collector.spans()
    assert {name.removeprefix("web-") for name in chosen if name.startswith("web-")} == {
        name.removeprefix("runner-") for name in chosen if name.startswith("runner-")
    }
    assert 0 < len(chosen) < 80


def test_an_error_is_kept_even_if_the_caller_had_not_sampled(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    with traces.extract({"traceparent": f"00-{7:032x}-{7:016x}-00"}), traces.span("failed"):
        traces.fail("no")

    assert set(collector.spans()) == {"failed"}


def test_two_jobs_of_one_trace_in_one_process_are_judged_together(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    payload: dict[str, str] = {}
    with traces.span("enqueue"):
        traces.inject(payload)
        with traces.extract(payload), traces.span("job"):
            pass
        traces.fail("after the job")

    assert set(collector.spans()) == {"enqueue", "job"}


def test_a_span_that_outlives_its_root_is_judged_alone(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    begun, root_over = threading.Event(), threading.Event()

    def work() -> None:
        with traces.span("late"), traces.span("late.failed"):
            begun.set()
            root_over.wait(5)
            traces.fail("no")

    with traces.span("root"):
        thread = threading.Thread(target=copy_context().run, args=(work,))
        thread.start()
        begun.wait(5)
    root_over.set()
    thread.join()

    assert set(collector.spans()) == {"late.failed"}


def test_memory_stays_bounded_and_no_error_is_lost_with_it(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "HELD_SPANS", 10)
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    with traces.span("endless"):
        for number in range(100):
            with traces.span(f"step-{number}"):
                if number == 50:
                    traces.fail("no")
        with traces.span("last"):
            pass

    spans = collector.spans()
    assert "step-50" in spans
    assert len(spans) <= 11


def test_spans_still_held_when_the_process_ends_are_not_lost(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=0)
    with traces.span("unfinished"):
        with traces.span("failed"):
            traces.fail("no")
        assert set(collector.spans()) == {"failed"}


def test_no_secret_leaves_in_a_span(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_registered", ())
    redact.register(["correct-horse"])
    traces.configure("tests", otlp_url=collector.url, ratio=1)
    with (
        suppress(ValueError),
        ids.bound(request_id="correct-horse"),
        traces.span("platform.api", url="https://u:hunter2@h/") as span,
    ):
        span.set_attribute("access_token", "abcdef")
        span.set_attribute("seen", ["correct-horse", "fine"])
        span.add_event("called", {"authorization": "abcdef"})
        raise ValueError("correct-horse")

    sent = str(collector.spans()["platform.api"])
    assert "fine" in sent
    assert [word for word in ("correct-horse", "hunter2", "abcdef") if word in sent] == []


def test_the_trace_and_the_ids_cross_into_another_thread_through_a_plain_dict(collector: Collector) -> None:
    traces.configure("tests", otlp_url=collector.url, ratio=1)
    payload: dict[str, Any] = {"kind": "publish"}
    with ids.bound(client_id="acme & søn", request_id="r,1;x=y"), traces.span("http.request"):
        assert traces.inject(payload) is payload
    seen = []

    def work() -> None:
        with traces.extract(payload), traces.span("job.dequeue"):
            seen.append(ids.current())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    spans = collector.spans()
    assert set(payload) == {"kind", "traceparent", "baggage"}
    assert seen == [ids.Ids(client_id="acme & søn", request_id="r,1;x=y")]
    assert spans["job.dequeue"].trace_id == spans["http.request"].trace_id
    assert spans["job.dequeue"].parent_span_id == spans["http.request"].span_id
    assert ids.current() == ids.Ids()


def test_headers_may_have_any_case() -> None:
    with traces.span("web"), ids.bound(client_id="acme"):
        headers = {name.title(): value for name, value in traces.inject(dict[str, str]()).items()}
    with traces.extract(headers):
        assert ids.current().client_id == "acme"


@pytest.mark.parametrize(
    "carrier",
    [
        {},
        {"traceparent": "garbage", "baggage": ";;,=,client_id"},
        {"traceparent": 5, "baggage": None},
        {"traceparent": f"00-{0:032x}-{0:016x}-01"},
        {"baggage": "x" * 10_000},
    ],
    ids=range(5),
)
def test_what_is_missing_or_malformed_starts_a_trace_of_its_own(carrier: dict[str, object]) -> None:
    with traces.extract(carrier), traces.span("job.dequeue") as span:
        assert span.get_span_context().is_valid
        assert ids.current() == ids.Ids()


def test_foreign_baggage_is_not_passed_on() -> None:
    with traces.extract({"baggage": "client_id=acme,user.email=ana%40example.com"}):
        assert traces.inject({}) == {"baggage": "client_id=acme"}


def test_a_job_without_a_trace_does_not_join_the_one_at_hand() -> None:
    with traces.span("loop") as loop, traces.extract({}), traces.span("job.dequeue") as job:
        assert job.get_span_context().trace_id != loop.get_span_context().trace_id


def test_without_a_collector_spans_still_have_ids() -> None:
    traces.configure("tests")
    with traces.span("http.request") as span:
        assert span.get_span_context().is_valid


@pytest.mark.slow
def test_a_collector_that_is_gone_does_not_disturb_the_work(collector: Collector) -> None:
    collector.server.server_close()
    traces.configure("tests", otlp_url=collector.url, ratio=1)
    with traces.span("http.request"):
        pass
    traces.configure("tests")
