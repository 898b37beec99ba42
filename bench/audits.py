"""What the record and the guard cost, beside bare psycopg on the same server in the same run."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import guard, record
from bench.measure import Row
from storage.migrations import upgrade
from storage.server import private_postgres

NAME = "audits"
SUMMARY = "Guarded side effects, batches, reads and proofs of the record beside bare psycopg; how long a stop takes."


def run(rounds: int) -> list[Row]:
    with ExitStack() as at_end:
        folder = Path(at_end.enter_context(tempfile.TemporaryDirectory(prefix="checkin-bench-")))
        folder.chmod(0o711)  # a Postgres started by root runs as another account, which must get through
        database = at_end.enter_context(private_postgres(folder)).url
        upgrade(database)
        return [*guard.rows(database, rounds), *record.rows(database, rounds)]
