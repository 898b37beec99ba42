"""How Dashboard A reads in Slack: one line that says whether all is well, and the numbers behind it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from charts.words import amount, plural, share
from dashboards.global_ops.model import Failing, GlobalOps, Signals
from dashboards.layout import no_data
from messages.blocks import Block, escape, fields, section
from metrics.model import Missing
from operations.wording import place

TARGET = 0.99
"""Spec 10.2: of the publishes that end, so many end well."""
_SHOWN = 5

N = TypeVar("N", int, tuple[int, int])


def mark(value: GlobalOps) -> str:
    if isinstance(value.signals, Missing):
        return "⚠️"
    return "🟢" if well(value.signals) else "🟠"


def well(signals: Signals) -> bool:
    """Nothing failed more than it may, and no pool is full."""
    out, failed = _total(signals.publishing)
    full = any(busy >= size > 0 for busy, size in signals.runners.values())
    return not full and failed <= (1 - TARGET) * (out + failed)


def words(value: GlobalOps) -> str:
    """`412 published, 3 failed (99.3 %) · 1,204 jobs, 2 failed`."""
    signals = value.signals
    if isinstance(signals, Missing):
        return no_data("the services", signals)
    out, failed = _total(signals.publishing)
    done, undone = _total(signals.jobs)
    rate = f" ({share(out / (out + failed))})" if out + failed else ""
    full = [name for name, (busy, size) in signals.runners.items() if busy >= size > 0]
    parts = [f"{out:,} published, {failed:,} failed{rate}", f"{plural(done, 'job')} done, {undone:,} failed"]
    parts += [f"⚠️ all {escape(name, 40)} runners busy" for name in full]
    return " · ".join(parts)


def details(value: GlobalOps) -> list[Block]:
    """Every widget of the dashboard as text."""
    if isinstance(value.signals, Missing):
        blocks = [section(f"⚠️ {no_data('the services', value.signals)}")]
    else:
        blocks = [fields([f"*{title}*\n{text}" for title, text in _facts(value.signals)])]
    return [*blocks, section(f"*Clients that fail most*\n{_failing(value.failing)}")]


def _facts(signals: Signals) -> list[tuple[str, str]]:
    return [
        ("Published, by platform", _listed(signals.publishing, lambda name: place(name, None), _of)),
        ("Jobs done, by lane", _listed(signals.jobs, str, _of)),
        ("Waiting in queues", _listed(signals.queues, str, lambda n: f"{n:,}")),
        ("Runners busy", _listed(signals.runners, str, lambda pair: f"{pair[0]} of {pair[1]}")),
        ("Provider calls", _listed(signals.providers, str, _calls)),
        ("Web app", _requests(signals)),
    ]


def _listed(found: Mapping[str, N], name: Callable[[str], str], value: Callable[[N], str]) -> str:
    return "\n".join(f"{escape(name(key), 40)}: {value(each)}" for key, each in found.items()) or "no data"


def _of(pair: tuple[int, int]) -> str:
    well, failed = pair
    return f"{well:,}" + (f", ⚠️ {failed:,} failed" if failed else "")


def _calls(pair: tuple[int, int]) -> str:
    calls, errors = pair
    return f"{calls:,}" + (f", {errors:,} failed ({share(errors / calls)})" if calls and errors else "")


def _requests(signals: Signals) -> str:
    if signals.request_p95_ms is None:
        return "no requests"
    errors = share(signals.request_error_ratio) if signals.request_error_ratio else "none"
    return f"95 % within {amount(signals.request_p95_ms, 'ms')}\nErrors: {errors}"


def _failing(failing: Sequence[Failing]) -> str:
    if not failing:
        return "None: no publish failed for good."
    lines = [f"{escape(one.name, 60)}: {one.failed} of {plural(one.ended, 'post')} failed" for one in failing[:_SHOWN]]
    return "\n".join(lines + ([f"… {len(failing) - _SHOWN} more"] if len(failing) > _SHOWN else []))


def _total(pairs: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    return sum(one for one, _ in pairs.values()), sum(other for _, other in pairs.values())
