"""Every bounded label set of the agency's counters, by process.

The day of history starts them at 0 and so does each process, with the same labels: a counter that is born at 1 has not
increased as far as Prometheus can tell, and a past under other labels would be another series.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from clients.model import Usage
from sandbox.agency.blueprints import BLUEPRINTS, Model
from sandbox.agency.seed import BLOCK_POLICY, BLOCK_REASON, PAIRS
from sandbox.agency.world import SURFACES
from telemetry import catalog
from telemetry.catalog import Metric
from telemetry.metrics import Metrics

PLATFORMS = tuple(SURFACES)
LANES = ("planning", "creation", "publishing", "engagement")
POOLS: Mapping[str, int] = {"api": 4, "browser": 2}
QUEUE_LIMIT = 50

# After these a post is certainly not out; after a timeout it may be.
CERTAIN_REASONS = ("platform_5xx", "rate_limited", "auth", "media_rejected")
PUBLISH_REASONS = (*CERTAIN_REASONS, "timeout")
PROVIDER_REASONS = ("5xx", "timeout", "rate_limited", "auth")
_JOB_REASONS: Mapping[str, tuple[str, ...]] = {
    "planning": ("error",),
    "creation": ("error",),
    "publishing": (*PUBLISH_REASONS, "not_found", "error"),
    "engagement": ("platform_5xx", "error"),
}
# What a route may answer when it does not go well.
_ERRORS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "web": {
        "/plans": ("422", "500"),
        "/commands": ("401", "409", "410", "422", "500"),
        "/assets/{asset_id}.png": ("404", "500"),
    },
    "gateway": {"/tools/{tool_id}": ("404", "422", "500", "502", "504")},
}
TOOLS = ("publish", "read_comments", "reply", "refresh_token")

_Labels = Mapping[str, str]
_TASKS = {
    (task.task_class, task.model)
    for blueprint in BLUEPRINTS.values()
    for tasks in blueprint.tasks.values()
    for task in tasks
}
MODELS: Sequence[Model] = sorted({model for _, model in _TASKS}, key=lambda model: (model.kind, model.name))


def bounded(instance: str) -> Iterator[tuple[Metric, _Labels]]:
    """(counter, labels) of all that the process called `instance` may ever count."""
    match instance:
        case "web":
            yield from _http(instance)
            for blueprint in BLUEPRINTS:
                for lane in ("planning", "publishing", "engagement"):
                    yield catalog.JOBS_ENQUEUED_TOTAL, {"lane": lane, "blueprint": blueprint}
        case "gateway":
            yield from _http(instance)
            for tool, reason in product(TOOLS, PUBLISH_REASONS):
                yield catalog.TOOL_ERRORS_TOTAL, {"tool_id": tool, "reason": reason}
        case "runner":
            yield from _jobs()
            yield from _publishing()
            yield from _providers()
            yield from _policies()


def start_at_zero(metrics: Metrics, instance: str) -> None:
    for metric, labels in bounded(instance):
        metrics.add(metric, 0, **labels)


def _http(instance: str) -> Iterator[tuple[Metric, _Labels]]:
    for route, statuses in _ERRORS[instance].items():
        for status in statuses:
            yield catalog.API_HTTP_ERRORS_TOTAL, {"route": route, "status": status}


def _jobs() -> Iterator[tuple[Metric, _Labels]]:
    for lane, blueprint in product(LANES, BLUEPRINTS):
        yield catalog.JOBS_ENQUEUED_TOTAL, {"lane": lane, "blueprint": blueprint}
        yield catalog.JOBS_COMPLETED_TOTAL, {"lane": lane, "blueprint": blueprint}
        for reason in _JOB_REASONS[lane]:
            yield catalog.JOB_FAILURES_TOTAL, {"lane": lane, "blueprint": blueprint, "reason": reason}


def _publishing() -> Iterator[tuple[Metric, _Labels]]:
    for platform in PLATFORMS:
        for surface in SURFACES[platform]:
            yield catalog.POSTS_PUBLISHED_TOTAL, {"platform": platform, "surface": surface}
        for reason in PUBLISH_REASONS:
            yield catalog.PUBLISH_FAILURES_TOTAL, {"platform": platform, "reason": reason}
        for result in ("visible", "late", "not_found", "error"):
            yield (
                catalog.PUBLISH_VERIFICATIONS_TOTAL,
                {"platform": platform, "lane": "publishing", "result": result},
            )
        for outcome in ("ok", "fail"):
            yield catalog.TOKEN_REFRESH_TOTAL, {"platform": platform, "outcome": outcome}
        yield catalog.BROWSER_LOGIN_CHALLENGES_TOTAL, {"platform": platform}
    for (client_id, platform), outcome in product(PAIRS, ("ok", "fail", "missed", "blocked")):
        yield (
            catalog.CLIENT_PUBLISH_OUTCOMES_TOTAL,
            {"client_id": client_id, "platform": platform, "outcome": outcome},
        )


def _policies() -> Iterator[tuple[Metric, _Labels]]:
    yield catalog.POLICY_GUARD_BLOCKS_TOTAL, {"policy": BLOCK_POLICY, "reason": BLOCK_REASON}


def _providers() -> Iterator[tuple[Metric, _Labels]]:
    for task_class, model in sorted(_TASKS, key=lambda task: (task[0], task[1].name)):
        if model.kind == "llm":
            labels = {"provider": model.provider, "model": model.name}
            yield catalog.LLM_CALLS_TOTAL, {**labels, "task_class": task_class}
    for model in MODELS:
        labels = {"provider": model.provider, "model": model.name}
        if model.kind == "llm":
            yield catalog.LLM_COST_USD_TOTAL, labels
            for type_ in ("in", "out"):
                yield catalog.LLM_TOKENS_TOTAL, {**labels, "type": type_}
        else:
            yield catalog.IMAGE_GEN_CALLS_TOTAL, labels
    for provider, kind in sorted({(model.provider, model.kind) for model in MODELS}):
        for reason in PROVIDER_REASONS:
            yield catalog.PROVIDER_ERRORS_TOTAL, {"provider": provider, "kind": kind, "reason": reason}


def counted(usages: Sequence[Usage]) -> Iterator[tuple[Metric, float, _Labels]]:
    """(counter, amount, labels) of calls to models; a call that another repeats had failed."""
    failed = {usage.retry_of for usage in usages}
    for usage in usages:
        labels = {"provider": usage.provider, "model": usage.model}
        if usage.kind == "llm":
            yield catalog.LLM_CALLS_TOTAL, 1, {**labels, "task_class": usage.task_class}
            yield catalog.LLM_TOKENS_TOTAL, usage.tokens_in, {**labels, "type": "in"}
            yield catalog.LLM_TOKENS_TOTAL, usage.tokens_out, {**labels, "type": "out"}
            yield catalog.LLM_COST_USD_TOTAL, float(usage.usd), labels
        else:
            yield catalog.IMAGE_GEN_CALLS_TOTAL, 1, labels
        if usage.usage_id in failed:
            reason = PROVIDER_REASONS[int(usage.usage_id[-1], 16) % 3]
            yield catalog.PROVIDER_ERRORS_TOTAL, 1, {"provider": usage.provider, "kind": usage.kind, "reason": reason}
