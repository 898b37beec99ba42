"""A private Alertmanager. What it routes where is the alerts room's business: the configuration comes in ready."""

from pathlib import Path

from sandbox.servers.launch import launch, program
from storage.process import Server


def start_alertmanager(folder: Path, *, config_yaml: str, port: int | None = None) -> Server:
    """Start an Alertmanager with its configuration, log and data in `folder`; `with` or `stop()` ends it.

    The configuration may hold a bearer token: only its owner can read it. Relative paths in it start at `folder`.
    Raises NotInstalled, and ServerDidNotStart with the server's last words.
    """
    alertmanager = program("prometheus-alertmanager", "alertmanager", package="prometheus-alertmanager")
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "alertmanager.yml"
    configuration.touch(0o600)
    configuration.write_text(config_yaml)
    arguments = [
        f"--config.file={configuration}",
        f"--storage.path={folder / 'data'}",
        "--cluster.listen-address=",  # empty: alone; otherwise it gossips on every network interface
    ]
    return launch("Alertmanager", [alertmanager, *arguments], folder=folder, port=port)
