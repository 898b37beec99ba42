"""`python -m sandbox.agency NAME` runs one of its processes; `… history` makes the day that ends now."""

import argparse
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

from sandbox.agency.settings import SettingMissing, Settings

_PROCESSES = ("platforms", "storage", "browser", "gateway", "web", "runner")


def main() -> int:
    given = _arguments()
    try:
        if given.name == "history":
            _make_history(given)
        else:
            # Each process loads what it needs: six of them start at once.
            import_module(f"sandbox.agency.{given.name}").run(Settings())
    except SettingMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.agency", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True)
    for name in _PROCESSES:
        commands.add_parser(name, help="runs until SIGTERM; settings come from AGENCY_… variables")
    past = commands.add_parser("history", help="writes a day of rows and of series into $AGENCY_DATABASE_URL")
    past.add_argument("--out", required=True, type=Path, help="the OpenMetrics file for promtool")
    past.add_argument("--now", required=True, type=datetime.fromisoformat, help="ISO time with its offset")
    past.add_argument("--zone", required=True, help="IANA zone of the agency's days")
    past.add_argument("--seed", type=int, default=1)
    past.add_argument("--web-url", required=True, help="where assets will be shown")
    past.add_argument("--platforms-url", required=True, help="where posts will be shown")
    return parser.parse_args()


def _make_history(given: argparse.Namespace) -> None:
    from sandbox.agency import history, queue

    engine = Settings().engine("history")
    queue.make_tables(engine)
    urls = {"web_url": given.web_url, "platforms_url": given.platforms_url}
    history.make(engine, given.out, given.now, given.zone, given.seed, **urls)


if __name__ == "__main__":
    sys.exit(main())
