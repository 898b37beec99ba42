"""A private Prometheus that scrapes the world in a box, and the filling of its past.

Which rules it evaluates is the alerts room's business, what the past looked like the agency's.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from sandbox.servers.launch import launch, program
from storage.process import Server, start

# promtool reads its whole input once per block. With one block per 20 days instead of one per 2 h a day of 700 series
# (1 million samples) takes 1.5 s instead of 6.
_BLOCK = "486h"


class BackfillFailed(Exception):
    """promtool refused the file; the message is what it said."""


@dataclass(frozen=True)
class Target:
    """One process to scrape: `path` at `url` (`http://127.0.0.1:8000`); `job` and `instance` become its labels."""

    job: str
    instance: str
    url: str
    path: str = "/metrics"


def start_prometheus(
    folder: Path,
    *,
    scrape: Sequence[Target],
    rules_yaml: str,
    alertmanager_url: str | None = None,
    scrape_interval: str = "1s",
    evaluation_interval: str | None = None,
    retention: str = "30d",
    port: int | None = None,
) -> Server:
    """Start a Prometheus with its configuration, log and data in `folder`; `with` or `stop()` ends it.

    It scrapes for the first time 5 s after it is ready: discovery, static targets too, hands over every 5 s.
    Intervals are Prometheus durations; rules are evaluated every `scrape_interval` unless told otherwise.
    Raises NotInstalled, and ServerDidNotStart with the server's last words (a rule it cannot read, say).
    """
    prometheus = program("prometheus", package="prometheus")
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.yml").write_text(rules_yaml)
    configuration = {
        "global": {"scrape_interval": scrape_interval, "evaluation_interval": evaluation_interval or scrape_interval},
        "rule_files": ["rules.yml"],
        "scrape_configs": [_scrape_config(target) for target in scrape],
        "alerting": {"alertmanagers": [_static(alertmanager_url)] if alertmanager_url else []},
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration, sort_keys=False))
    # Reloading and the admin API over HTTP are off by default and stay so: any local process could use them.
    # A rule that fires before Alertmanager is discovered (5 s) is told again after the resend delay, 1 min by default.
    arguments = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.retention.time={retention}",
        "--rules.alert.resend-delay=5s",
    ]
    return launch("Prometheus", [prometheus, *arguments], folder=folder, port=port)


def backfill(folder: Path, openmetrics: Path) -> None:
    """Give the Prometheus that will be started in `folder` a past, from an OpenMetrics file.

    About 0.7 million samples per second, 130 bytes of memory each. Rules of the file that promtool does not tell:

    - timestamps are seconds; the last line is `# EOF`; a counter `x_total` has the header `# TYPE x counter`;
      the lines of one series follow time, the order of series is free;
    - a series goes on in the live scrape only if it carries the same labels, `job` and `instance` too, and if the
      process starts at the counters' last values: a lower one is a reset, a higher one a jump in every rate;
    - it may reach up to now but not beyond: Prometheus drops whatever it scrapes ("out of bounds") until the newest
      sample of the past is older than the scrape. The window of 2 h we are in needs no special care;
    - it must come before the first start: samples in the write-ahead log that are older than the newest of the past
      would be lost.

    Raises FileExistsError if there are samples already, BackfillFailed with promtool's words, NotInstalled.
    https://prometheus.io/docs/prometheus/latest/storage/#backfilling-from-openmetrics-format
    """
    data = folder / "data"
    if data.exists():
        raise FileExistsError(f"{data} holds samples already; a past can only be given to a Prometheus that has none")
    unfinished = folder / "data.unfinished"  # half a past is never taken for a whole one
    shutil.rmtree(unfinished, ignore_errors=True)
    promtool = program("promtool", package="prometheus")
    argv = [promtool, "tsdb", "create-blocks-from", f"--max-block-duration={_BLOCK}", "openmetrics", "--quiet"]
    importing = start([*argv, openmetrics, unfinished], name="promtool", log=folder / "backfill.log")
    if importing.wait():
        raise BackfillFailed("\n".join(importing.tail()))
    unfinished.rename(data)


def _scrape_config(target: Target) -> dict[str, object]:
    labels = {"job": target.job, "instance": target.instance}
    name = f"{target.job}/{target.instance}"  # must be unique; the label `job` is what queries see
    return {"job_name": name, "metrics_path": target.path} | _static(target.url, labels)


def _static(url: str, labels: dict[str, str] | None = None) -> dict[str, object]:
    parts = urlsplit(url)
    return {"scheme": parts.scheme, "static_configs": [{"targets": [parts.netloc], "labels": labels or {}}]}
