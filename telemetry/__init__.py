"""What every service emits: canonical identifiers, the metric catalog, structured logs and spans.

Reading any of it back is left to `metrics/`. Nothing here knows Slack or Postgres.
"""
