"""The metric catalog (spec section 5), declared once; rules, queries, charts and docs refer to these symbols.

Names and labels are the spec's, to the letter. Metrics of `section="ours"` fill gaps without which the spec's own
alerts and dashboards cannot be computed. Durations are milliseconds because the spec names them so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from telemetry.ids import Lane, Platform, Surface


class Kind(StrEnum):
    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True)
class Metric:
    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    section: str
    buckets: tuple[float, ...] = ()
    closed: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """The labels that have these values and no others."""


# How many values a label may have in one metric of one process before what is new counts as `other`. Clients are
# bounded by the number of series alone; of the labels not named here a service has as many as it has parts.
OTHER = "other"
MOST_VALUES = {
    "selector_hash": 50,
    "reason": 40,
    "action": 50,
    "status": 70,
    "method": 10,
    "route": 200,
    "agent": 100,
    "policy": 100,
    "tool_id": 200,
    "model": 200,
    "task_class": 100,
    "blueprint": 500,
}

_ENUMS: Mapping[str, type[StrEnum]] = {"platform": Platform, "surface": Surface, "lane": Lane}

ALL: dict[str, Metric] = {}


def _declare(kind: Kind, name: str, labels: str, help_: str, section: str, buckets: tuple[float, ...] = ()) -> Metric:
    """`labels` as the spec writes them: `provider model type=in|out`."""
    told = [label.partition("=") for label in labels.split()]
    closed = {label: tuple(map(str, _ENUMS[label])) for label, _, _ in told if label in _ENUMS}
    closed |= {label: tuple(values.split("|")) for label, _, values in told if values}
    metric = Metric(name, kind, tuple(label for label, _, _ in told), help_, section, buckets, closed)
    ALL[name] = metric
    return metric


def _counter(name: str, labels: str, help_: str, section: str) -> Metric:
    return _declare(Kind.COUNTER, name, labels, help_, section)


def _gauge(name: str, labels: str, help_: str, section: str) -> Metric:
    return _declare(Kind.GAUGE, name, labels, help_, section)


def _histogram(name: str, labels: str, help_: str, section: str, buckets: tuple[float, ...]) -> Metric:
    return _declare(Kind.HISTOGRAM, name, labels, help_, section, buckets)


# Boundaries in milliseconds. An SLO's own threshold must be a boundary (2 min start delay, 10 min to visible),
# or its compliance cannot be read from the buckets.
_API = (5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0)
_STEP = (50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0, 30000.0, 60000.0)
_JOB = (100.0, 500.0, 1000.0, 5000.0, 15000.0, 30000.0, 60000.0, 120000.0, 300000.0, 600000.0, 1800000.0, 3600000.0)
_START = (1000.0, 5000.0, 15000.0, 30000.0, 60000.0, 120000.0, 300000.0, 600000.0, 1800000.0, 3600000.0)
_VISIBLE = (5000.0, 15000.0, 30000.0, 60000.0, 120000.0, 300000.0, 600000.0, 1200000.0, 3600000.0)
_DELIVERY = (100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0, 30000.0, 60000.0)

# 5.1 Golden signals
API_HTTP_DURATION_MS = _histogram(
    "api_http_duration_ms", "route method status", "Duration of an API request.", "5.1", _API
)
JOB_END_TO_END_DURATION_MS = _histogram(
    "job_end_to_end_duration_ms", "lane blueprint", "From enqueued to finished.", "5.1", _JOB
)
PUBLISH_TIME_TO_VISIBLE_MS = _histogram(
    "publish_time_to_visible_ms", "platform lane", "From published to seen live.", "5.1", _VISIBLE
)
JOBS_ENQUEUED_TOTAL = _counter("jobs_enqueued_total", "lane blueprint", "Jobs put in the queue.", "5.1")
JOBS_COMPLETED_TOTAL = _counter("jobs_completed_total", "lane blueprint", "Jobs that ended well.", "5.1")
POSTS_PUBLISHED_TOTAL = _counter("posts_published_total", "platform surface", "Posts accepted by the platform.", "5.1")
API_HTTP_ERRORS_TOTAL = _counter("api_http_errors_total", "route status", "API answers of 4xx and 5xx.", "5.1")
JOB_FAILURES_TOTAL = _counter("job_failures_total", "lane blueprint reason", "Jobs failed after all retries.", "5.1")
TOOL_ERRORS_TOTAL = _counter("tool_errors_total", "tool_id reason", "Tool calls that failed.", "5.1")
PUBLISH_FAILURES_TOTAL = _counter(
    "publish_failures_total", "platform reason", "Publishes failed for good, after all retries.", "5.1"
)
QUEUE_DEPTH = _gauge("queue_depth", "queue", "Jobs waiting and eligible.", "5.1")
RUNNER_CAPACITY_IN_USE = _gauge("runner_capacity_in_use", "runner_pool", "Runners busy.", "5.1")
RATE_LIMIT_REMAINING = _gauge("rate_limit_remaining", "platform", "Calls left in the platform's window.", "5.1")

# 5.2 Workflow funnel, ratios 0..1, computed from Postgres by the bot
PLAN_TO_ASSET_SUCCESS_RATE = _gauge("plan_to_asset_success_rate", "client_id", "Plans that became assets.", "5.2")
ASSET_TO_CALENDAR_SUCCESS_RATE = _gauge(
    "asset_to_calendar_success_rate", "client_id", "Assets that reached the calendar.", "5.2"
)
CALENDAR_TO_PUBLISH_SUCCESS_RATE = _gauge(
    "calendar_to_publish_success_rate", "client_id platform", "Due calendar items that were published.", "5.2"
)
PUBLISH_TO_ENGAGEMENT_INGEST_RATE = _gauge(
    "publish_to_engagement_ingest_rate", "client_id platform", "Published posts whose engagement was read.", "5.2"
)

# 5.3 Agent quality
EPISODE_STEPS_TOTAL = _counter("episode_steps_total", "agent", "Steps of agent episodes.", "5.3")
EPISODE_RETRIES_TOTAL = _counter("episode_retries_total", "agent reason", "Retries inside episodes.", "5.3")
EPISODE_ESCALATIONS_TOTAL = _counter("episode_escalations_total", "agent reason", "Episodes handed to a person.", "5.3")
POLICY_GUARD_BLOCKS_TOTAL = _counter("policy_guard_blocks_total", "policy reason", "Actions a policy blocked.", "5.3")

# 5.4 Browser runner
BROWSER_RUNS_TOTAL = _counter("browser_runs_total", "platform action", "Browser runs started.", "5.4")
BROWSER_STEP_DURATION_MS = _histogram(
    "browser_step_duration_ms", "action selector_hash", "Duration of one browser step.", "5.4", _STEP
)
BROWSER_STEP_FAILURES_TOTAL = _counter("browser_step_failures_total", "action reason", "Steps that failed.", "5.4")
BROWSER_LOGIN_CHALLENGES_TOTAL = _counter(
    "browser_login_challenges_total", "platform", "Log-ins the platform challenged.", "5.4"
)
BROWSER_SCREENSHOT_CAPTURED_TOTAL = _counter("browser_screenshot_captured_total", "reason", "Screenshots taken.", "5.4")

# 5.5 Providers and cost
LLM_CALLS_TOTAL = _counter("llm_calls_total", "provider model task_class", "Calls to a language model.", "5.5")
LLM_TOKENS_TOTAL = _counter(
    "llm_tokens_total", "provider model type=in|out", "Tokens, into the model and out of it.", "5.5"
)
LLM_COST_USD_TOTAL = _counter("llm_cost_usd_total", "provider model", "USD at the price of the call's moment.", "5.5")
IMAGE_GEN_CALLS_TOTAL = _counter("image_gen_calls_total", "provider model", "Images generated.", "5.5")
VIDEO_GEN_CALLS_TOTAL = _counter("video_gen_calls_total", "provider model", "Videos generated.", "5.5")

# 5.6 Storage and assets
ASSET_RENDER_DURATION_MS = _histogram(
    "asset_render_duration_ms", "type=image|video|caption", "Rendering of one asset.", "5.6", _JOB
)
ASSET_UPLOAD_FAILURES_TOTAL = _counter(
    "asset_upload_failures_total", "storage_provider", "Uploads to storage that failed.", "5.6"
)
ASSET_DEDUPE_HITS_TOTAL = _counter("asset_dedupe_hits_total", "client_id", "Assets found to exist already.", "5.6")

# Ours: what the alerts and dashboards need and section 5 cannot express
CLIENT_PUBLISH_OUTCOMES_TOTAL = _counter(
    "client_publish_outcomes_total",
    "client_id platform outcome=ok|fail|missed|blocked",
    "Publishes by how they ended. No publish counter of section 5 knows the client.",
    "ours",
)
PUBLISH_VERIFICATIONS_TOTAL = _counter(
    "publish_verifications_total",
    "platform lane result=visible|late|not_found|error",
    "Visibility checks, one per publish. A post never seen is in no bucket of the time to visible.",
    "ours",
)
JOB_START_DELAY_MS = _histogram(
    "job_start_delay_ms", "queue", "From eligible to started; the queue SLO has no other source.", "ours", _START
)
QUEUE_DEPTH_LIMIT = _gauge("queue_depth_limit", "queue", "The cap that queue_depth is judged by.", "ours")
RUNNER_CAPACITY_TOTAL = _gauge("runner_capacity_total", "runner_pool", "Runners in the pool.", "ours")
PROVIDER_ERRORS_TOTAL = _counter(
    "provider_errors_total", "provider kind=llm|image|video reason", "Provider calls that failed.", "ours"
)
TOKEN_REFRESH_TOTAL = _counter("token_refresh_total", "platform outcome=ok|fail", "Platform tokens refreshed.", "ours")
BROWSER_STEP_OUTCOMES_TOTAL = _counter(
    "browser_step_outcomes_total",
    "platform action outcome=ok|selector|fail",
    "Browser steps by how they ended. Of the spec's, the failures know no platform and the durations no outcome.",
    "ours",
)
CLIENT_LLM_COST_USD_TOTAL = _counter(
    "client_llm_cost_usd_total", "client_id", "USD at the price of the call's moment, by client.", "ours"
)
LLM_PRICE_USD_PER_TOKEN = _gauge(
    "llm_price_usd_per_token", "provider model type=in|out", "The price that calls are counted with now.", "ours"
)

# Ours, of one client each, computed from Postgres by the bot: with three publishes a day a rate says nothing
CLIENT_PUBLISH_CONSECUTIVE_FAILURES = _gauge(
    "client_publish_consecutive_failures",
    "client_id platform",
    "Failed publishes since the last that went out.",
    "ours",
)
CLIENT_OVERDUE_ITEMS = _gauge(
    "client_overdue_items", "client_id platform", "Calendar items whose time has passed and that are not out.", "ours"
)
CLIENT_BLOCKED_SINCE_TIMESTAMP_SECONDS = _gauge(
    "client_blocked_since_timestamp_seconds",
    "client_id platform why=blocked|approval|connection",
    "When the oldest thing that holds up publishing began, Unix seconds; 0 while nothing does.",
    "ours",
)
CLIENT_LOGIN_CHALLENGE_OPEN = _gauge(
    "client_login_challenge_open", "client_id platform", "1 while the platform asks a person to log in.", "ours"
)
CLIENT_TOKEN_EXPIRY_TIMESTAMP_SECONDS = _gauge(
    "client_token_expiry_timestamp_seconds", "client_id platform", "When the token expires, Unix seconds.", "ours"
)
CLIENT_TOKEN_LAST_REFRESH_OK = _gauge(
    "client_token_last_refresh_ok", "client_id platform", "1 when the last refresh of the token went well.", "ours"
)
CLIENT_FUNNEL_ITEMS = _gauge(
    "client_funnel_items",
    "client_id platform stage=asset|calendar|publish|engagement",
    "What the funnel rates are shares of; platform is empty before publishing.",
    "ours",
)
CLIENT_BUDGET_USD_PER_DAY = _gauge("client_budget_usd_per_day", "client_id", "What a client may cost a day.", "ours")
OUTCOME_SWEEPER_LAST_SUCCESS_TIMESTAMP_SECONDS = _gauge(
    "outcome_sweeper_last_success_timestamp_seconds",
    "",
    "When the gauges above were last computed, Unix seconds.",
    "ours",
)

# Ours: the bot and telemetry itself
CHECKIN_ALERT_DELIVERY_MS = _histogram(
    "checkin_alert_delivery_ms", "tier", "From Alertmanager's webhook to the card in Slack.", "ours", _DELIVERY
)
CHECKIN_WEBHOOKS_TOTAL = _counter(
    "checkin_webhooks_total",
    "source outcome=stored|replayed|malformed|unauthorized|forbidden|busy|not_stored",
    "Requests that report something to the bot.",
    "ours",
)
CHECKIN_SLACK_REQUESTS_TOTAL = _counter(
    "checkin_slack_requests_total", "method outcome=ok|limited|ambiguous|unreachable|refused", "Calls to Slack.", "ours"
)
CHECKIN_CLICKS = _gauge("checkin_clicks", "pod checkin", "Presses that worked the newest check-in of its kind.", "ours")
CHECKIN_ITEMS_DONE = _gauge(
    "checkin_items_done", "pod checkin", "Items decided or put aside in the newest check-in of its kind.", "ours"
)
CHECKIN_WORK_SECONDS = _gauge(
    "checkin_work_seconds", "pod checkin", "From the first press to the last in the newest check-in.", "ours"
)
CHECKIN_DIGEST_LAST_SUCCESS_TIMESTAMP_SECONDS = _gauge(
    "checkin_digest_last_success_timestamp_seconds",
    "pod checkin",
    "When the newest check-in of its kind was posted, Unix seconds.",
    "ours",
)
CHECKIN_RECORD_UNSEALED_SINCE_TIMESTAMP_SECONDS = _gauge(
    "checkin_record_unsealed_since_timestamp_seconds",
    "",
    "When the oldest event of the record was written that is not sealed, Unix seconds; 0 while all are.",
    "ours",
)
CHECKIN_REFUSED_TOTAL = _counter("checkin_refused_total", "operation reason", "Clicks that were refused.", "ours")
TELEMETRY_DROPPED_TOTAL = _counter(
    "telemetry_dropped_total",
    "metric why=undeclared|kind|labels|value|series|price",
    "Recordings that did not fit this catalog.",
    "ours",
)
TELEMETRY_SPANS_DROPPED_TOTAL = _counter(
    "telemetry_spans_dropped_total", "why=full|refused", "Spans the collector did not get.", "ours"
)
