"""What anybody would see of each incident: a PromQL expression, and where rows tell of it too a query for them.

Both find something while it lasts and nothing before and after. Incidents of one wave do not disturb one another.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Symptom:
    metric: str
    rows: str = ""
    alert: str = ""
    """Labels of the alert that is promised for it, if one is."""


def _rises(series: str, by: float) -> str:
    return f"sum(increase({series}[8s])) > {by}"


def _open(kind: str, more: str) -> str:
    return f"SELECT item_id FROM work_item WHERE state = 'open' AND kind = '{kind}' AND {more}"  # noqa: S608 - ours


_REASON = "body ->> 'reason'"

WAVES: tuple[dict[str, Symptom], ...] = (
    {
        "verification-fails": Symptom(
            _rises('publish_verifications_total{result="not_found"}', 0.5),
            _open("verification", f"{_REASON} = 'not_found'"),
        ),
        "provider-outage": Symptom(_rises('provider_errors_total{provider="anthropic",reason="5xx"}', 5)),
        "token-expires": Symptom(
            'client_token_last_refresh_ok{client_id="lumen"} == 0',
            _open("connection", f"client_id = 'lumen' AND {_REASON} = 'auth'"),
        ),
        "client-stuck": Symptom(
            'client_publish_consecutive_failures{client_id="bluebird"} >= 2',
            _open("publish_failure", f"client_id = 'bluebird' AND {_REASON} = 'account_disabled'"),
        ),
    },
    {
        "platform-api-fails": Symptom(
            _rises('publish_failures_total{platform="instagram",reason="platform_5xx"}', 1),
            _open("publish_failure", f"platform = 'instagram' AND {_REASON} = 'platform_5xx'"),
            'tier="P1",platform="instagram"',
        ),
        "cost-spike": Symptom(_rises("llm_cost_usd_total", 5)),
        "storage-full": Symptom(_rises("asset_upload_failures_total", 3)),
        "login-challenges": Symptom(
            _rises('browser_login_challenges_total{platform="skool"}', 0.5),
            _open("connection", f"platform = 'skool' AND {_REASON} = 'login_challenge'"),
            'tier="P1",platform="skool"',
        ),
    },
    {
        "selector-drift": Symptom(
            _rises('browser_step_failures_total{reason="selector_missing"}', 0.5),
            _open("publish_failure", f"platform = 'skool' AND {_REASON} = 'selector_missing'"),
            'tier="P1",platform="skool"',
        ),
        "queue-backs-up": Symptom(
            "queue_depth > on (queue) queue_depth_limit",
            "SELECT lane FROM agency.job WHERE state = 'waiting' AND eligible_at < checkin_now()"
            " GROUP BY lane HAVING count(*) > 50",
        ),
    },
    {
        "runners-saturated": Symptom(
            'min_over_time(runner_capacity_in_use{runner_pool="browser"}[10s])'
            " >= on (runner_pool) runner_capacity_total"
        ),
        "retry-storm": Symptom(_rises('episode_retries_total{agent="publisher",reason="platform_5xx"}', 2)),
    },
    {
        "publishing-fails": Symptom(
            'count(sum by (platform) (increase(publish_failures_total{reason="platform_5xx"}[15s])) > 0.5) > 2',
            alert='tier=~"P0|P1"',
        ),
    },
)
