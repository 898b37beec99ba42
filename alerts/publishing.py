"""Rules on publishing: does what was scheduled go out?

A failure is one that stayed after all retries. What a policy or a kill switch blocked, or a person cancelled, is none.
"""

from alerts.definitions import ChartQuery, Group, Recording, Rule, window
from alerts.slos import PUBLISH_SUCCESS
from telemetry import catalog

_HOUR = window("1h")
_HALF_HOUR = window("30m")
_THIS_PLATFORM = '{platform="{{ $labels.platform }}"}'


def _increase(metric: catalog.Metric, over: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (increase({metric.name}{where}[{over}]))"


def _failures(over: str, where: str = "") -> str:
    """Per platform; 0 where there were only successes, so that the ratio exists before the first failure."""
    seen = _increase(catalog.POSTS_PUBLISHED_TOTAL, over, "platform", where)
    return f"{_increase(catalog.PUBLISH_FAILURES_TOTAL, over, 'platform', where)} or 0 * {seen}"


def _attempts(failures: str, over: str, where: str = "") -> str:
    """Failures and successes; a platform without a single success counts too."""
    seen = _increase(catalog.POSTS_PUBLISHED_TOTAL, over, "platform", where)
    return f"{failures} + ({seen} or 0 * {failures})"


_FAILED_1H = "platform:publish_failures:increase1h"
_FAILED_30M = "platform:publish_failures:increase30m"
_TRIED_1H = "platform:publish_attempts:increase1h"
_TRIED_30M = "platform:publish_attempts:increase30m"
_FAILED_BY_CLIENT_1H = "platform_client:publish_failures:increase1h"
_FAILED_BUT_FOR_WORST_CLIENT_1H = "platform:publish_failures_without_worst_client:increase1h"

_RECORDINGS = (
    Recording(_FAILED_1H, _failures(_HOUR)),
    Recording(_FAILED_30M, _failures(_HALF_HOUR)),
    Recording(_TRIED_1H, _attempts(_FAILED_1H, _HOUR)),
    Recording(_TRIED_30M, _attempts(_FAILED_30M, _HALF_HOUR)),
    Recording(
        _FAILED_BY_CLIENT_1H,
        _increase(
            catalog.CLIENT_PUBLISH_OUTCOMES_TOTAL, _HOUR, "platform, client_id", where='{outcome=~"fail|missed"}'
        ),
    ),
    Recording(
        _FAILED_BUT_FOR_WORST_CLIENT_1H,
        f"sum by (platform) ({_FAILED_BY_CLIENT_1H}) - max by (platform) ({_FAILED_BY_CLIENT_1H})",
    ),
)

# What fired, from the counters themselves: recordings know nothing of the time before they were installed.
_FAILED_HERE = f"({_failures(_HALF_HOUR, _THIS_PLATFORM)})"
_SHARE_FAILED_HERE = f"{_FAILED_HERE} / ({_attempts(_FAILED_HERE, _HALF_HOUR, _THIS_PLATFORM)} > 0)"

# Half of the day's error budget in one hour.
_RISING = PUBLISH_SUCCESS.ratio_spending(0.5, within="1h")

# Counts are compared with k - 0.5, because increase() extrapolates: three failures may read 3.05 or 2.98.
# Line by line: too many of the attempts fail now, or nothing was tried since they did (silence ends no alert and begins
# none); it weighs on the hour; it is more than bad luck on a quiet platform; it is not one dead account that somebody
# keeps retrying.
_NAME = "PublishFailuresRising"
_STILL = f'({_TRIED_30M} <= 0.5 and on (platform) ALERTS{{alertname="{_NAME}",alertstate="firing"}})'
_PUBLISH_FAILURES_RISING = Rule(
    name=_NAME,
    tier="P1",
    expr=f"""\
({_FAILED_30M} / ({_TRIED_30M} > 0.5) > {_RISING} or {_FAILED_1H} / {_TRIED_1H} and on (platform) {_STILL})
and {_FAILED_1H} / {_TRIED_1H} > {_RISING}
and {_FAILED_1H} >= 2.5
and {_FAILED_BUT_FOR_WORST_CLIENT_1H} >= 1.5
""",
    for_="2m",
    keep_firing_for="10m",
    labels={
        "signal": "publish",
        "scope": "platform",
        "lane": "publishing",
        "slo": PUBLISH_SUCCESS.name,
        "burn": "fast",
    },
    summary="{{ $labels.platform }}: {{ $value | humanizePercentage }} of publishes failed within " + _HALF_HOUR,
    runbook="publish-failure-spike",
    chart=ChartQuery(
        expr=_SHARE_FAILED_HERE,
        unit="ratio",
        threshold=_RISING,
        title="{{ $labels.platform }}: share of publishes failed within " + _HALF_HOUR,
    ),
)

PUBLISHING = Group("publishing", _RECORDINGS, (_PUBLISH_FAILURES_RISING,))
