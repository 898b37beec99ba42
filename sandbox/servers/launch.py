"""What Prometheus and Alertmanager have in common: found on PATH, on a port of 127.0.0.1, ready at `/-/ready`."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import httpx

from storage.process import NotInstalled, Server, on_free_port, start, wait_until

_START_SECONDS = 60.0  # Prometheus first replays what it had not yet written to blocks


def program(*names: str, package: str) -> str:
    """The path of the first of `names` that is installed; NotInstalled otherwise."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise NotInstalled(
        f"{' or '.join(names)} was not found on PATH. Debian or Ubuntu: sudo apt-get install "
        f"--no-install-recommends {package}. macOS: brew install {package.removeprefix('prometheus-')}."
    )


def launch(name: str, argv: Sequence[str], *, folder: Path, port: int | None) -> Server:
    """Run a server whose configuration lies in `folder`, its output in `folder/log`, until it says that it is ready."""

    def run(free: int) -> Server:
        child = start([*argv, f"--web.listen-address=127.0.0.1:{free}"], name=name, log=folder / "log", cwd=folder)
        url = f"http://127.0.0.1:{free}"
        with httpx.Client(base_url=url, trust_env=False, timeout=2) as client:
            wait_until(lambda: _is_ready(client), child, _START_SECONDS, f"answer at {url}/-/ready")
        return Server(url, child)

    return on_free_port(name, run, port)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").is_success
    except httpx.TransportError:
        return False
