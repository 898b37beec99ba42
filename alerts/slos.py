"""The promises that alerts are derived from (spec 10.2). How a rule spends their budget is left to the rules."""

from alerts.definitions import Slo

PUBLISH_SUCCESS = Slo(
    name="publish_success",
    objective=0.99,
    window="24h",
    sentence="99 % of a platform's publishes succeed, retries included, over 24 hours",
)
