"""The metric catalog (spec section 5), declared once; rules, queries, charts and docs refer to these symbols.

Names and labels are the spec's, to the letter. Metrics of `section="ours"` fill gaps without which the spec's own
alerts and dashboards cannot be computed. Durations are milliseconds because the spec names them so.
"""

from dataclasses import dataclass
from enum import StrEnum


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


ALL: dict[str, Metric] = {}


def _declare(kind: Kind, name: str, labels: str, help_: str, section: str, buckets: tuple[float, ...] = ()) -> Metric:
    metric = Metric(name, kind, tuple(labels.split()), help_, section, buckets)
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
LLM_TOKENS_TOTAL = _counter("llm_tokens_total", "provider model type", "Tokens, type in or out.", "5.5")
LLM_COST_USD_TOTAL = _counter("llm_cost_usd_total", "provider model", "USD at the price of the call's moment.", "5.5")
IMAGE_GEN_CALLS_TOTAL = _counter("image_gen_calls_total", "provider model", "Images generated.", "5.5")
VIDEO_GEN_CALLS_TOTAL = _counter("video_gen_calls_total", "provider model", "Videos generated.", "5.5")

# 5.6 Storage and assets
ASSET_RENDER_DURATION_MS = _histogram("asset_render_duration_ms", "type", "Rendering of one asset.", "5.6", _JOB)
ASSET_UPLOAD_FAILURES_TOTAL = _counter(
    "asset_upload_failures_total", "storage_provider", "Uploads to storage that failed.", "5.6"
)
ASSET_DEDUPE_HITS_TOTAL = _counter("asset_dedupe_hits_total", "client_id", "Assets found to exist already.", "5.6")

# Ours: what the alerts and dashboards need and section 5 cannot express
CLIENT_PUBLISH_OUTCOMES_TOTAL = _counter(
    "client_publish_outcomes_total",
    "client_id platform outcome",
    "Publishes by outcome: ok, fail, missed, blocked. No publish counter of section 5 knows the client.",
    "ours",
)
PUBLISH_VERIFICATIONS_TOTAL = _counter(
    "publish_verifications_total",
    "platform lane result",
    "Visibility checks: visible, late, not_found, error. A post never seen is in no time-to-visible bucket.",
    "ours",
)
JOB_START_DELAY_MS = _histogram(
    "job_start_delay_ms", "queue", "From eligible to started; the queue SLO has no other source.", "ours", _START
)
QUEUE_DEPTH_LIMIT = _gauge("queue_depth_limit", "queue", "The cap that queue_depth is judged by.", "ours")
RUNNER_CAPACITY_TOTAL = _gauge("runner_capacity_total", "runner_pool", "Runners in the pool.", "ours")
PROVIDER_ERRORS_TOTAL = _counter(
    "provider_errors_total", "provider kind reason", "Failed provider calls; kind llm, image or video.", "ours"
)
TOKEN_REFRESH_TOTAL = _counter("token_refresh_total", "platform outcome", "Platform tokens refreshed.", "ours")
CHECKIN_ALERT_DELIVERY_MS = _histogram(
    "checkin_alert_delivery_ms", "tier", "From Alertmanager's webhook to the card in Slack.", "ours", _DELIVERY
)
CHECKIN_WEBHOOKS_TOTAL = _counter(
    "checkin_webhooks_total", "source outcome", "Webhooks received: stored, malformed, unauthorized.", "ours"
)
CHECKIN_SLACK_REQUESTS_TOTAL = _counter(
    "checkin_slack_requests_total", "method outcome", "Calls to Slack: ok, limited, ambiguous, refused.", "ours"
)
CHECKIN_REFUSED_TOTAL = _counter("checkin_refused_total", "operation reason", "Clicks that were refused.", "ours")
TELEMETRY_DROPPED_TOTAL = _counter(
    "telemetry_dropped_total",
    "metric why",
    "Recordings that did not fit this catalog: undeclared, kind, labels, value.",
    "ours",
)
