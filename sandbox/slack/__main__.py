"""`python -m sandbox.slack --port 0 --config FILE.json --state-file PATH`: one line of JSON when it listens.

It ends with whoever started it, on SIGTERM, or on POST /control/shutdown."""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from pathlib import Path

from sandbox.slack.config import Config
from sandbox.slack.server import serving

PARENT_CHECK_SECONDS = 1
# A workspace keeps what it hears, so the collector would walk over ever more of it and find nothing to collect.
COLLECT_SELDOM = (100_000, 50, 1000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.slack", description="A local Slack workspace.")
    parser.add_argument("--config", type=Path, required=True, help="JSON, see sandbox/slack/config.py")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--state-file", type=Path, help="where to write the same line as on stdout")
    options = parser.parse_args()
    config = Config.model_validate_json(options.config.read_text())
    gc.set_threshold(*COLLECT_SELDOM)
    asyncio.run(serve(config, options.port, options.state_file))


async def serve(config: Config, port: int, state_file: Path | None) -> None:
    async with serving(config, port) as workspace:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, workspace.stopping.set)
        watch = asyncio.create_task(_stop_with_parent(os.getppid(), workspace.stopping))
        line = json.dumps(
            {"url": workspace.url, "api_url": f"{workspace.url}/api/", "port": int(workspace.url.rpartition(":")[2])}
        )
        if state_file:
            _write_whole(state_file, line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        await workspace.stopping.wait()
        watch.cancel()


async def _stop_with_parent(parent: int, stopping: asyncio.Event) -> None:
    """A parent killed with SIGKILL can tell nobody; its orphans get another parent."""
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    stopping.set()


def _write_whole(path: Path, line: str) -> None:
    """A reader sees the whole line or no file."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(line + "\n")
    draft.replace(path)


if __name__ == "__main__":
    main()
