import os
import shutil
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from storage.process import NotInstalled, Server, ServerDidNotStart
from storage.server import private_postgres
from tests.processes import descendants, living


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        found = db.execute(query.encode())
        return found.fetchall() if found.description else []


def test_database_is_utf8_and_answers_on_loopback_only(postgres: Server) -> None:
    assert postgres.url.startswith("postgresql+psycopg://checkin:")
    assert postgres.url.endswith("/checkin")
    query = """SELECT current_database(), pg_encoding_to_char(encoding), current_setting('listen_addresses'),
               current_setting('unix_socket_directories') FROM pg_database WHERE datname = current_database()"""
    assert rows(postgres.url, query) == [("checkin", "UTF8", "127.0.0.1", "")]


def test_nobody_enters_without_the_password(postgres: Server) -> None:
    host = postgres.url.rpartition("@")[2]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://checkin:guess@{host}")


def test_second_start_finds_what_the_first_left(server_folder: Path) -> None:
    with private_postgres(server_folder, fast=True) as first:
        rows(first.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not first.child.alive()
    with private_postgres(server_folder, fast=True) as second:
        assert rows(second.url, "SELECT answer FROM kept") == [(42,)]
    assert (server_folder / "postgres/password").stat().st_mode & 0o777 == 0o600


def test_only_a_fast_server_risks_its_data(server_folder: Path, postgres: Server) -> None:
    with private_postgres(server_folder) as durable:
        assert rows(durable.url, "SHOW fsync") == [("on",)]
    assert rows(postgres.url, "SHOW fsync") == [("off",)]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_start_after_kill_waits_for_the_backends_of_the_predecessor(server_folder: Path) -> None:
    killed = private_postgres(server_folder, fast=True)
    port = int(killed.url.rpartition(":")[2].partition("/")[0])
    # A backend that computes does not look up: it outlives its postmaster and holds the shared memory.
    with closing(psycopg.connect(killed.url.replace("+psycopg", ""), autocommit=True)) as db:
        db.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        family = descendants(killed.child.pid)
        db.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000)")
        os.kill(killed.child.pid, signal.SIGKILL)
        killed.child.wait()
        assert living(family)
        with private_postgres(server_folder, fast=True, port=port) as server:
            assert not living(family)
            assert rows(server.url, "SELECT answer FROM kept") == [(42,)]


def test_given_port_that_is_taken_is_an_error_that_names_it(server_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(ServerDidNotStart, match=rf"PostgreSQL cannot listen on 127\.0\.0\.1:{port}"):
            private_postgres(server_folder, port=port)


def test_broken_configuration_is_an_error_with_the_servers_last_words(server_folder: Path) -> None:
    private_postgres(server_folder, fast=True).stop()
    with (server_folder / "postgres/cluster/postgresql.conf").open("a") as file:
        file.write("nonsense = 1\n")
    with pytest.raises(ServerDidNotStart, match='unrecognized configuration parameter "nonsense"'):
        private_postgres(server_folder, fast=True)


def test_half_made_cluster_is_made_anew(server_folder: Path) -> None:
    private_postgres(server_folder, fast=True).stop()
    (server_folder / "postgres/cluster").rename(server_folder / "postgres/cluster.unfinished")
    with private_postgres(server_folder, fast=True) as server:
        assert rows(server.url, "SELECT 1") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_folder_closed_to_the_servers_account_points_to_a_temporary_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    with private_postgres(Path("data"), fast=True) as server:
        assert rows(server.url, "SELECT 1") == [(1,)]
        assert os.stat(f"/proc/{server.child.pid}").st_uid != 0
    home = tmp_path / "data/postgres"
    assert str(home.readlink()) in caplog.text
    assert home.owner() != "root"
    assert (tmp_path.stat().st_mode & 0o777, tmp_path.owner()) == (0o700, "root")
    shutil.rmtree(home.readlink())
    with private_postgres(tmp_path / "data", fast=True) as server:
        assert rows(server.url, "SELECT 1") == [(1,)]
    shutil.rmtree(home.readlink())


def test_missing_programs_are_an_error_that_says_what_to_install(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGBIN", str(server_folder))
    with pytest.raises(NotInstalled, match="apt-get install postgresql"):
        private_postgres(server_folder)


def test_each_test_has_a_database_of_its_own(postgres: Server, database_url: str) -> None:
    rows(database_url, "CREATE TABLE mine ()")
    assert rows(postgres.url, "SELECT to_regclass('mine')::text") == [(None,)]
    assert rows(database_url, "SELECT to_regclass('alembic_version')::text") == [("alembic_version",)]
