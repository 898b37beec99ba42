import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from telemetry import catalog
from telemetry.catalog import Kind, Metric
from telemetry.metrics import Metrics
from tests.scenarios.looking import Looker, Seen
from tests.scenarios.otlp_sink import Told, otlp_sink

_ASKED = re.compile(r"^- `(?P<name>\w+)\{(?P<labels>[^}]*)\}`", re.MULTILINE)
_SECTION = re.compile(r"^### (?P<section>5\.\d) .*$\n(?P<body>(?:(?!^### ).*\n)+)", re.MULTILINE)
# What Prometheus and its exposition add to every series.
_ADDED = {"__name__", "job", "instance", "le"}

# The bot computes these from Postgres (5.2); the agency counts all others.
_THE_BOTS = "5.2"


def _asked_for() -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Each name of section 5 with its own section, its labels, and the values the specification closes a label to."""
    told = (Path(__file__).parent / "spec-section-5.md").read_text(encoding="utf-8")
    asked = {}
    for section in _SECTION.finditer(told):
        for metric in _ASKED.finditer(section["body"]):
            labels, values = [], []
            for part in re.split(r",", metric["labels"]):
                label, _, closed = part.strip().partition("=")
                labels.append(label)
                values += [f"{label}={value}" for value in closed.split("|") if value]
            asked[metric["name"]] = section["section"], tuple(labels), tuple(values)
    return asked


ASKED = _asked_for()
each_metric = pytest.mark.parametrize("name", ASKED)


def _kind(name: str) -> Kind:
    """As the names of section 5 say it."""
    if name.endswith("_total"):
        return Kind.COUNTER
    return Kind.HISTOGRAM if name.endswith("_ms") else Kind.GAUGE


def _series(metric: Metric) -> str:
    """A series of which there is one per label set, and which is 0 until something happened."""
    return f"{metric.name}_count" if metric.kind is Kind.HISTOGRAM else metric.name


def _live(looker: Looker, metric: Metric) -> list[Mapping[str, str]]:
    """Its series of the last minute: on a busy machine one scrape may come to nothing."""
    return [each["metric"] for each in looker.query(f"last_over_time({_series(metric)}[1m])")]


def _labels(series: Mapping[str, str]) -> frozenset[str]:
    return frozenset(series) - _ADDED


def test_the_specification_asks_for_thirty_four_metrics() -> None:
    assert len(ASKED) == 34
    assert ASKED["llm_tokens_total"] == ("5.5", ("provider", "model", "type"), ("type=in", "type=out"))


@each_metric
def test_the_catalog_has_the_metric_with_exactly_its_labels(name: str) -> None:
    section, labels, values = ASKED[name]
    metric = catalog.ALL[name]

    assert metric.section == section
    assert metric.labels == labels
    assert metric.kind is _kind(name)
    assert all(value.partition("=")[2] in metric.closed[value.partition("=")[0]] for value in values)


def test_the_catalog_claims_no_other_metric_for_the_specification() -> None:
    assert {metric.name for metric in catalog.ALL.values() if metric.section != "ours"} == set(ASKED)


@pytest.fixture(scope="module")
def sent() -> Mapping[str, Told]:
    """What a collector got of every metric, told once."""
    with otlp_sink() as sink:
        metrics = Metrics("conformance", strict=True, otlp_url=sink.url)
        tells: dict[Kind, Callable[..., None]] = {
            Kind.COUNTER: metrics.add,
            Kind.GAUGE: metrics.set,
            Kind.HISTOGRAM: metrics.record,
        }
        for metric in catalog.ALL.values():
            tells[metric.kind](metric, 1, **{label: metric.closed.get(label, ("v",))[0] for label in metric.labels})
        metrics.close()
    return {told.name: told for told in sink.metrics}


@each_metric
def test_a_collector_gets_it_under_its_name_with_exactly_its_labels_and_no_unit(
    name: str, sent: Mapping[str, Told]
) -> None:
    _, labels, _ = ASKED[name]
    told = sent[name]

    assert told.kind == {Kind.COUNTER: "sum", Kind.GAUGE: "gauge", Kind.HISTOGRAM: "histogram"}[_kind(name)]
    assert (told.labels, told.unit) == (frozenset(labels), "")


@pytest.mark.slow
@pytest.mark.timeout(400)
@each_metric
def test_prometheus_has_it_from_the_running_agency_with_these_labels_and_a_value(
    name: str, looker: Looker, tour: Mapping[str, Seen]
) -> None:
    assert tour
    section, labels, _ = ASKED[name]
    metric = catalog.ALL[name]
    live = _live(looker, metric)

    assert {_labels(series) for series in live} == {frozenset(labels)}
    assert ("checkin" if section == _THE_BOTS else "agency") in {series["job"] for series in live}
    if metric.kind is not Kind.GAUGE:  # a gauge may well be 0
        assert (looker.value(f"sum({_series(metric)})") or 0) > 0


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_process_tells_a_metric_of_the_catalog_with_other_labels(looker: Looker, tour: Mapping[str, Seen]) -> None:
    assert tour
    for metric in catalog.ALL.values():
        assert all(_labels(series) <= set(metric.labels) for series in _live(looker, metric)), metric.name


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_agency_and_bot_tell_ours_too_and_drop_nothing(looker: Looker, tour: Mapping[str, Seen]) -> None:
    assert tour
    told = {metric.name for metric in catalog.ALL.values() if _live(looker, metric)}

    of_people = catalog.CHECKIN_REFUSED_TOTAL  # nobody pressed anything
    assert catalog.ALL.keys() - told == {catalog.TELEMETRY_DROPPED_TOTAL.name, of_people.name}
