"""Every role × every statement × every table of the record and every one of its months, on the real Postgres."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from audits import Changed, Unapproved, approvals, guard, protect, reconcile, store
from audits.protect import Part
from clients import work_items
from tests.audits.conftest import Install, seal, write
from tests.factories import NOON, effect, work_item

TABLES = ["audit_event", "policy_snapshot", "audit_key", "audit_leaf", "audit_checkpoint", "audit_guarded"]

# What adds a row, by the table; a month takes rows through its parent only.
_INSERTS = {
    "audit_event": "INSERT INTO {table} (audit_id, command_id, phase, actor_type, actor_id, action_type, payload_hash, "
    "payload_summary, policy_snapshot_id, proof, ids) "
    "SELECT gen_random_uuid(), gen_random_uuid(), 'intent', 'agent', 'a', 'publish', '', '', '', '{{}}', '{{}}'",
    "policy_snapshot": "INSERT INTO {table} (policy_snapshot_id, body) VALUES ('new', '{{}}')",
    "audit_key": "INSERT INTO {table} VALUES (gen_random_uuid())",
    "audit_leaf": "INSERT INTO {table} (leaf_index, audit_id, leaf) VALUES (1000, gen_random_uuid(), '')",
    "audit_checkpoint": "INSERT INTO {table} (size, body, signature, peaks, system, upto_xid, upto_seq) "
    "VALUES (1000, '', '', '', 0, 0, 0)",
    "audit_guarded": "INSERT INTO {table} VALUES ('pg_class')",
}
_READS = ["SELECT * FROM {table}", "COPY (SELECT * FROM {table}) TO STDOUT"]
# Those that change or take away what is there, or that would let somebody do so afterwards.
_CHANGES = [
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE TRIGGER USER",
    "ALTER TABLE {table} RENAME TO elsewhere",
    "ALTER TABLE {table} RENAME COLUMN {column} TO other",
    "ALTER TABLE {table} SET SCHEMA audit_guard",
    "ALTER TABLE {table} DROP COLUMN {column} CASCADE",
    "ALTER TABLE {table} ADD COLUMN more text",
    "ALTER TABLE {table} ALTER COLUMN {column} TYPE text",
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "DROP TABLE {table}",
    "DROP TABLE {table} CASCADE",
    "CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
    "CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "CREATE POLICY mine ON {table} USING (false)",
]
_OF_A_MONTH = ["ALTER TABLE audit_event DETACH PARTITION {table}"]
_OF_A_TABLE = ["CREATE TABLE mine () INHERITS ({table})"]
_EVERYWHERE = [
    "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "ALTER FUNCTION audit_refuse_change() RENAME TO something",
    "DROP FUNCTION audit_refuse_change() CASCADE",
    "DROP FUNCTION audit_once() CASCADE",
    "CREATE OR REPLACE FUNCTION audit_guarded_stays() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "CREATE OR REPLACE FUNCTION checkin_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT timestamptz ''2020-01-01'''",
    "DROP SCHEMA audit_month CASCADE",
    "ALTER SCHEMA audit_month RENAME TO elsewhere",
    "ALTER SCHEMA public RENAME TO elsewhere",
    "CREATE UNLOGGED TABLE mine PARTITION OF audit_event FOR VALUES FROM ('2031-01-01') TO ('2031-02-01')",
]
_ALL_THAT_IS_MINE = "DROP OWNED BY CURRENT_USER CASCADE"
# Whoever may do these is master of the server: from there on only seals tell.
_DISARMS = [
    "SET session_replication_role = replica",
    "ALTER EVENT TRIGGER audit_guard_ddl DISABLE",
    "DROP EVENT TRIGGER audit_guard_drop",
    "CREATE OR REPLACE FUNCTION audit_guard.ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "DROP SCHEMA audit_guard CASCADE",
    "SELECT audit_arm()",
]

MAY_READ = {*Part, "owner", "superuser"}
MAY_ADD: dict[str, set[str]] = {
    "owner": {*TABLES},
    "superuser": {*TABLES},
    Part.APP: {"audit_event", "policy_snapshot", "audit_leaf", "audit_checkpoint"},
    Part.SERVICE: {"audit_event", "policy_snapshot"},
}
MASTERS = ("owner", "superuser")
ROLES = ["owner", *Part, "stranger", "superuser"]


@dataclass(frozen=True)
class Case:
    statement: str
    allowed: bool


def cases(who: str, months: list[str]) -> Iterator[Case]:
    for table in [*TABLES, *months]:
        parent = "audit_event" if table in months else table
        parts = {"table": table, "column": "proof" if parent == "audit_event" else _FIRST[parent]}
        own = who in MASTERS or parent == table  # nobody else has a key to the months' schema
        for statement in _READS:
            yield Case(statement.format(**parts), who in MAY_READ and own)
        yield Case(_INSERTS[parent].format(**parts), table in MAY_ADD.get(who, ()))
        more = _OF_A_MONTH if table in months else _OF_A_TABLE if table != "audit_event" else []
        for statement in [*_CHANGES, *more]:
            yield Case(statement.format(**parts), False)
    for statement in [*_EVERYWHERE, *([_ALL_THAT_IS_MINE] if who == "owner" else [])]:
        yield Case(statement, False)
    for statement in _DISARMS:
        yield Case(statement, who == "superuser")


_FIRST = {
    "policy_snapshot": "body",
    "audit_key": "audit_id",
    "audit_leaf": "leaf",
    "audit_checkpoint": "body",
    "audit_guarded": "relation",
}


def outcome(db: "psycopg.Connection[tuple[object, ...]]", statement: str) -> str:
    """`done`, or the name of what was raised; nothing is left of it."""
    try:
        if statement.startswith("COPY"):
            with db.cursor().copy(statement.encode()) as copy:
                list(copy)
        else:
            db.execute(statement.encode())
    except psycopg.Error as problem:
        return type(problem).__name__
    finally:
        db.rollback()
    return "done"


def months_of(install: Install) -> list[str]:
    with install.login("superuser") as db:
        rows = db.execute("SELECT relid::regclass::text FROM pg_partition_tree('audit_event') WHERE isleaf")
        return sorted(str(row[0]) for row in rows)


@pytest.mark.parametrize("who", ROLES)
def test_nobody_may_do_more_with_the_record_than_is_theirs(install: Install, who: str) -> None:
    months = months_of(install)
    assert len(months) == 5  # this one, three ahead, and all other times
    wrong = []
    with install.login(who) as db:
        tried = list(cases(who, months))
        for case in tried:
            told = outcome(db, case.statement)
            # a master of the tables is refused by what a statement fires, which may stumble over what it has renamed
            refused = told != "done" if who in MASTERS else told == "InsufficientPrivilege"
            if not (told == "done" if case.allowed else refused):
                wrong.append(f"{case.statement}: {told}")
    assert wrong == []
    assert len(tried) > 250


def test_on_a_table_without_protection_each_of_these_statements_works(install: Install) -> None:
    with install.login("owner") as db:
        db.execute("CREATE TABLE plain (LIKE audit_event INCLUDING DEFAULTS) PARTITION BY RANGE (created_at)")
        db.execute("CREATE TABLE plain_month PARTITION OF plain DEFAULT")
        db.execute("CREATE TABLE plain_leaf (LIKE audit_leaf INCLUDING ALL)")
        db.execute("CREATE SCHEMA audit_other")
        db.commit()
        names = {"plain": "proof", "plain_leaf": "leaf"}
        wanted = [one.format(table=table, column=names[table]) for one in _CHANGES for table in names]
        wanted += ["ALTER TABLE plain DETACH PARTITION plain_month", "CREATE TABLE mine () INHERITS (plain_leaf)"]
        wanted += ["TRUNCATE plain_month", "DELETE FROM plain_month", "DROP TABLE plain_month"]
        told = [(one, outcome(db, one.replace("audit_guard", "audit_other"))) for one in wanted]
        db.execute("DROP TABLE plain, plain_leaf; DROP SCHEMA audit_other")
        db.commit()
    assert [one for one in told if one[1] != "done"] == []


def test_a_month_that_the_owner_made_by_hand_is_guarded_as_all_others(install: Install) -> None:
    month = "CREATE TABLE mine PARTITION OF audit_event FOR VALUES FROM ('2030-01-01') TO ('2030-02-01')"
    for change in ("TRUNCATE mine", "DROP TABLE mine", "ALTER TABLE audit_event DETACH PARTITION mine"):
        with install.login("owner") as db:
            db.execute(month)
            with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
                db.execute(change)
            db.rollback()
    with install.login("owner") as db:
        db.autocommit = True
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="default partition"):
            db.execute("ALTER TABLE audit_event DETACH PARTITION audit_month.other CONCURRENTLY")


@pytest.mark.parametrize("who", [Part.APP, Part.SERVICE])
@pytest.mark.parametrize("column", ["seq", "xid", "created_at"])
def test_what_postgres_says_of_a_row_nobody_else_may_say(install: Install, who: str, column: str) -> None:
    insert = _INSERTS["audit_event"].format(table="audit_event")
    insert = insert.replace("ids) ", f"ids, {column}) OVERRIDING SYSTEM VALUE ")
    with install.login(who) as db, pytest.raises(errors.InsufficientPrivilege):
        db.execute((insert + (", now()" if column == "created_at" else ", 7")).encode())


def test_only_a_superuser_can_turn_the_clock_of_the_record(install: Install) -> None:
    for who, turned in ((Part.APP, False), ("owner", False), ("superuser", True)):
        with install.login(who) as db:
            db.execute("SET checkin.clock_offset = '-30 days'")
            back = db.execute("SELECT checkin_now() < now() - interval '1 day'").fetchone()
        assert back == (turned,), who


def test_the_bots_role_records_and_seals_and_a_services_only_records(as_role: Callable[[str], Engine]) -> None:
    bot, service = as_role(Part.APP), as_role(Part.SERVICE)
    write(service)
    write(bot, 2)
    with pytest.raises(errors.InsufficientPrivilege, match="audit_leaf"):
        seal(service)
    assert seal(bot) == 3
    with bot.begin() as db:
        assert protect.make_partitions(db) == 0
        assert reconcile.published(db, NOON, NOON) == []


def test_a_service_guards_its_effects_and_may_ask_but_not_approve(as_role: Callable[[str], Engine]) -> None:
    bot, service = as_role(Part.APP), as_role(Part.SERVICE)
    caused = effect(ids={"calendar_item_id": "cal-1"})
    with bot.begin() as db:
        approvals.approve(db, "cal-1", caused.payload_hash, "U1")
    with pytest.raises(Changed), guard(service, replace(caused, command_id=uuid4(), payload={"text": "other"})):
        pass
    with guard(service, caused) as permit:
        permit.succeeded()
    with service.begin() as db:
        work_items.open_items(db, [work_item(calendar_item_id="cal-2")])
    with pytest.raises(Unapproved), guard(service, effect(ids={"calendar_item_id": "cal-2"})):
        pass
    with pytest.raises(ProgrammingError, match="permission denied for table approval"), service.begin() as db:
        approvals.approve(db, "cal-1", "0" * 64, "U1")
    with bot.begin() as db:
        assert approvals.mismatch(db) is not None


def test_a_service_sends_no_commands_and_posts_no_cards(as_role: Callable[[str], Engine]) -> None:
    reported = {"client", "calendar_item", "connection", "provider_usage", "funnel_step", "work_item", "work_item_past"}
    with as_role(Part.SERVICE).connect() as db:
        may = db.execute(
            text(
                "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND relkind = 'r'"
                " AND has_table_privilege(c.oid, 'INSERT')"
            )
        )
        assert set(may.scalars()) == reported | {"permit", "kill_switch", "switch_turn"}
        for table in ("command", "card", "click", "resume_request", "home"):
            assert not db.execute(text(f"SELECT has_table_privilege('{table}', 'SELECT, UPDATE, DELETE')")).scalar_one()


@pytest.mark.parametrize("who", [*Part, "owner", "superuser"])
def test_whoever_looks_sees_how_the_record_is_protected(as_role: Callable[[str], Engine], who: str) -> None:
    with as_role(who).connect() as db:
        standing = protect.standing(db)
    assert standing.gaps == []
    told = " ".join(standing.limits)
    assert ("superuser, who can turn every refusal off" in told) == (who == "superuser")
    assert ("the owner of the record" in told) == (who == "owner")
    assert "rows of a month without a partition" in told  # of 2020
    assert "event triggers" not in told


def test_what_a_superuser_takes_away_is_named(as_role: Callable[[str], Engine]) -> None:
    taken = {
        "ALTER TABLE audit_event DISABLE TRIGGER audit_event_rows_stay": "UPDATE of audit_event is not refused",
        "DROP TRIGGER audit_event_table_stays ON audit_month.other": "TRUNCATE of audit_month.other is not refused",
        "ALTER TABLE audit_leaf ENABLE TRIGGER audit_leaf_rows_stay": "DELETE of audit_leaf is not refused",
        "ALTER TABLE audit_event DISABLE TRIGGER audit_event_once": "audit_event may be written twice",
        "GRANT UPDATE ON audit_key TO PUBLIC": "the role PUBLIC may UPDATE audit_key",
        "GRANT UPDATE (body) ON audit_checkpoint TO PUBLIC": "the role PUBLIC may UPDATE audit_checkpoint",
    }
    for statement, gap in taken.items():
        with as_role("superuser").connect() as db:
            db.execute(
                text("ALTER EVENT TRIGGER audit_guard_ddl DISABLE; ALTER EVENT TRIGGER audit_guard_drop DISABLE")
            )
            db.execute(text(statement))
            standing = protect.standing(db)
            db.rollback()
        assert gap in standing.gaps, statement
        assert any("no event triggers" in limit for limit in standing.limits)


def test_the_same_event_is_one_row_whatever_its_month(as_role: Callable[[str], Engine]) -> None:
    bot = as_role(Part.APP)
    with bot.begin() as db:
        (event,) = store.last(db, "acme", 1)
        before = db.execute(text("SELECT count(*) FROM audit_event")).scalar()
        again = text(
            "INSERT INTO audit_event (audit_id, command_id, phase, actor_type, actor_id, action_type, payload_hash, "
            "payload_summary, policy_snapshot_id, proof, ids) "
            "VALUES (:audit_id, :audit_id, 'intent', 'agent', 'a', 'publish', '', 'another', '', '{}', '{}')"
        )
        db.execute(again, {"audit_id": event.audit_id})
        assert db.execute(text("SELECT count(*) FROM audit_event")).scalar() == before


def test_whoever_owns_the_database_cannot_lead_names_elsewhere(
    install: Install, as_role: Callable[[str], Engine]
) -> None:
    with install.login("owner") as db:
        db.execute("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.audit_event (LIKE public.audit_event)")
        db.execute("GRANT USAGE ON SCHEMA elsewhere TO PUBLIC; GRANT ALL ON elsewhere.audit_event TO PUBLIC")
        db.execute(f"ALTER DATABASE {db.info.dbname} SET search_path = elsewhere, public".encode())
    try:
        with as_role(Part.APP).connect() as bot:
            assert bot.execute(text("SELECT 'audit_event'::regclass = 'public.audit_event'::regclass")).scalar_one()
    finally:
        with install.login("owner") as db:
            db.execute(f"ALTER DATABASE {db.info.dbname} RESET search_path; DROP SCHEMA elsewhere CASCADE".encode())
