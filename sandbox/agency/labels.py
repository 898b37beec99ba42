"""Every bounded label set of the agency's counters, by process.

The day of history starts them at 0 and so does each process, with the same labels: a counter that is born at 1 has not
increased as far as Prometheus can tell, and a past under other labels would be another series.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from clients.model import Usage
from sandbox.agency.blueprints import BLUEPRINTS, Model
from sandbox.agency.seed import ACCOUNTS, BLOCK_POLICY, BLOCK_REASON, PAIRS
from sandbox.agency.world import BROWSER_PLATFORMS, SURFACES
from telemetry import catalog
from telemetry.catalog import Metric
from telemetry.metrics import Metrics

PLATFORMS = tuple(SURFACES)
LANES = ("planning", "creation", "publishing", "engagement")
POOLS: Mapping[str, int] = {"api": 4, "browser": 2}
QUEUE_LIMIT = 50
FILES = "agency-files"

# After these a post is certainly not out; after a timeout it may be.
API_REASONS = ("platform_5xx", "rate_limited", "auth", "media_rejected")
BROWSER_REASONS = ("login_challenge", "selector_missing")
PUBLISH_REASONS = (*API_REASONS, *BROWSER_REASONS, "account_disabled", "tool_away", "timeout")
PROVIDER_REASONS = ("5xx", "timeout", "rate_limited", "auth")
MODEL_REASONS = tuple(f"model_{reason}" for reason in ("5xx", "timeout"))
STEPS = ("open", "login", "write", "submit", "read_link")
_JOB_REASONS: Mapping[str, tuple[str, ...]] = {
    "planning": (*MODEL_REASONS, "error"),
    "creation": (*MODEL_REASONS, "upload", "error"),
    "publishing": (*PUBLISH_REASONS, "not_found", "error"),
    "engagement": (*MODEL_REASONS, "platform_5xx", "auth", "error"),
}
# What a route may answer when it does not go well.
_ERRORS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "web": {
        "/plans": ("422", "500"),
        "/commands": ("401", "409", "410", "422", "500"),
        "/assets/{asset_id}.png": ("404", "500"),
    },
    "gateway": {"/tools/{tool_id}": ("404", "422", "500", "502", "504")},
    "browser": {"/runs/publish": ("422", "500", "502")},
    "storage": {"/files": ("413", "415", "500", "507"), "/files/{name}": ("404", "422", "500")},
}
TOOLS = ("publish", "read_comments", "reply", "send_message", "refresh_token")

_Labels = Mapping[str, str]
GENERATED = {"image": catalog.IMAGE_GEN_CALLS_TOTAL, "video": catalog.VIDEO_GEN_CALLS_TOTAL}
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
            yield catalog.ASSET_UPLOAD_FAILURES_TOTAL, {"storage_provider": FILES}
            for blueprint in BLUEPRINTS:
                for lane in ("planning", "publishing", "engagement"):
                    yield catalog.JOBS_ENQUEUED_TOTAL, {"lane": lane, "blueprint": blueprint}
        case "gateway":
            yield from _http(instance)
            for tool, reason in product(TOOLS, PUBLISH_REASONS):
                yield catalog.TOOL_ERRORS_TOTAL, {"tool_id": tool, "reason": reason}
        case "browser":
            yield from _http(instance)
            yield from _browser()
        case "storage":
            yield from _http(instance)
        case "runner":
            yield from _jobs()
            yield from _publishing()
            yield from _providers()
            yield from _episodes()


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
    for (client_id, platform), outcome in product(PAIRS, ("ok", "fail", "missed", "blocked")):
        yield (
            catalog.CLIENT_PUBLISH_OUTCOMES_TOTAL,
            {"client_id": client_id, "platform": platform, "outcome": outcome},
        )


def _browser() -> Iterator[tuple[Metric, _Labels]]:
    for platform in sorted(BROWSER_PLATFORMS):
        yield catalog.BROWSER_RUNS_TOTAL, {"platform": platform, "action": "publish"}
        yield catalog.BROWSER_LOGIN_CHALLENGES_TOTAL, {"platform": platform}
        for action, outcome in product(STEPS, ("ok", "selector", "fail")):
            own = {"platform": platform, "action": action, "outcome": outcome}
            yield catalog.BROWSER_STEP_OUTCOMES_TOTAL, own
    for action in STEPS:
        yield catalog.BROWSER_STEP_FAILURES_TOTAL, {"action": action, "reason": "selector_missing"}
    for reason in ("proof", *BROWSER_REASONS):
        yield catalog.BROWSER_SCREENSHOT_CAPTURED_TOTAL, {"reason": reason}
    yield catalog.ASSET_UPLOAD_FAILURES_TOTAL, {"storage_provider": FILES}


def _episodes() -> Iterator[tuple[Metric, _Labels]]:
    yield catalog.POLICY_GUARD_BLOCKS_TOTAL, {"policy": BLOCK_POLICY, "reason": BLOCK_REASON}
    yield catalog.ASSET_UPLOAD_FAILURES_TOTAL, {"storage_provider": FILES}
    for client_id in ACCOUNTS:
        yield catalog.ASSET_DEDUPE_HITS_TOTAL, {"client_id": client_id}
    for agent in ("planner", "creator", "publisher", "responder"):
        yield catalog.EPISODE_STEPS_TOTAL, {"agent": agent}
        for reason in () if agent == "publisher" else MODEL_REASONS:
            yield catalog.EPISODE_RETRIES_TOTAL, {"agent": agent, "reason": reason}
    for reason in ("platform_5xx", "rate_limited", "tool_away", "timeout"):
        yield catalog.EPISODE_RETRIES_TOTAL, {"agent": "publisher", "reason": reason}
    for reason in ("auth", "login_challenge", "account_disabled"):
        yield catalog.EPISODE_ESCALATIONS_TOTAL, {"agent": "publisher", "reason": reason}
    yield catalog.EPISODE_ESCALATIONS_TOTAL, {"agent": "responder", "reason": "complaint"}


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
            yield GENERATED[model.kind], labels
    for client_id in ACCOUNTS:
        yield catalog.CLIENT_LLM_COST_USD_TOTAL, {"client_id": client_id}
    for provider, kind in sorted({(model.provider, model.kind) for model in MODELS}):
        for reason in PROVIDER_REASONS:
            yield catalog.PROVIDER_ERRORS_TOTAL, {"provider": provider, "kind": kind, "reason": reason}


def counted(usages: Sequence[Usage]) -> Iterator[tuple[Metric, float, _Labels]]:
    """(counter, amount, labels) of calls to models."""
    for usage in usages:
        labels = {"provider": usage.provider, "model": usage.model}
        if usage.kind == "llm":
            yield catalog.LLM_CALLS_TOTAL, 1, {**labels, "task_class": usage.task_class}
            yield catalog.LLM_TOKENS_TOTAL, usage.tokens_in, {**labels, "type": "in"}
            yield catalog.LLM_TOKENS_TOTAL, usage.tokens_out, {**labels, "type": "out"}
            yield catalog.LLM_COST_USD_TOTAL, float(usage.usd), labels
            yield catalog.CLIENT_LLM_COST_USD_TOTAL, float(usage.usd), {"client_id": usage.client_id}
        else:
            yield GENERATED[usage.kind], 1, labels


def broke_off(usages: Sequence[Usage]) -> Iterator[tuple[Metric, float, _Labels]]:
    """The same of those calls that another repeats, so they had failed."""
    again = {usage.retry_of for usage in usages}
    for usage in usages:
        if usage.usage_id in again:
            reason = PROVIDER_REASONS[int(usage.usage_id[-1], 16) % 3]
            yield catalog.PROVIDER_ERRORS_TOTAL, 1, {"provider": usage.provider, "kind": usage.kind, "reason": reason}
