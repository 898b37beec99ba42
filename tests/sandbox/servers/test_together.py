import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import descendants, eventually, living

WORLD = """
import sys, time
from pathlib import Path
from sandbox.servers.alertmanager import start_alertmanager
from sandbox.servers.prometheus import start_prometheus
from storage.server import private_postgres

folder = Path(sys.argv[1])
servers = [
    private_postgres(folder / "postgres"),
    start_prometheus(folder / "prometheus", scrape=[], rules_yaml="groups: []"),
    start_alertmanager(folder / "alertmanager", config_yaml="{route: {receiver: r}, receivers: [{name: r}]}"),
]
print("ready", *(server.child.pid for server in servers), flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_no_server_survives_the_end_of_its_parent(server_folder: Path, end: str) -> None:
    command = [sys.executable, "-c", WORLD, str(server_folder)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout
        word, *pids = parent.stdout.readline().split()
        assert word == "ready"
        family = descendants(parent.pid)
        assert family > set(map(int, pids)), "PostgreSQL has children of its own"
        assert living(family) == family
        getattr(parent, end)()
    assert eventually(lambda: not living(family), timeout=5)
