"""The promises that alerts are derived from (spec 10.2). How a rule spends their budget is left to the rules."""

from alerts.definitions import Slo

# Of a platform's publishes, retries included. 99 % of a thin day is less than one failure: the rules bring guards.
PUBLISH_SUCCESS = Slo(name="publish_success", objective=0.99, window="24h")
