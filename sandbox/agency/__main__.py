"""`python -m sandbox.agency platforms|gateway|web|runner`, or `… history` to make the day that ends now."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from sandbox.agency import gateway, history, platforms, runner, service, web
from sandbox.agency.settings import SettingMissing, Settings
from storage.engine import connect

_PROCESSES = {module.NAME: module.run for module in (platforms, gateway, web, runner)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.agency", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True)
    for name in _PROCESSES:
        commands.add_parser(name, help="runs until SIGTERM; settings come from AGENCY_… variables")
    past = commands.add_parser("history", help="writes a day of rows and of series")
    past.add_argument("--database", required=True, help="postgresql+psycopg://…")
    past.add_argument("--out", required=True, type=Path, help="the OpenMetrics file for promtool")
    past.add_argument("--now", required=True, type=datetime.fromisoformat, help="ISO time with its offset")
    past.add_argument("--zone", required=True, help="IANA zone of the agency's days")
    past.add_argument("--seed", type=int, default=1)
    past.add_argument("--web-url", default="http://127.0.0.1:8101", help="where assets are shown")
    past.add_argument("--platforms-url", default="http://127.0.0.1:8103", help="where posts are shown")
    return parser.parse_args()


def main() -> int:
    given = _arguments()
    try:
        if given.name == "history":
            engine = connect(given.database, name="agency history")
            service.make_tables(engine)
            urls = {"web_url": given.web_url, "platforms_url": given.platforms_url}
            history.make(engine, given.out, given.now, given.zone, given.seed, **urls)
        else:
            _PROCESSES[given.name](Settings())
    except SettingMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
