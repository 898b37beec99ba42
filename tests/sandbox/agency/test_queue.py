from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from sandbox.agency import queue
from sandbox.agency.queue import NewJob
from storage.engine import connect


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, name="tests")
    queue.make_tables(engine)
    queue.make_tables(engine)  # a second time does no harm
    yield engine
    engine.dispose()


def wanted(key: str, **more: object) -> NewJob:
    return NewJob("plan", key, "planning", "spotlight", {"n": key}, **more)  # type: ignore[arg-type]


def put(engine: Engine, job: NewJob) -> bool:
    with engine.begin() as db:
        return queue.enqueue(db, job)


def take(engine: Engine) -> queue.Job | None:
    with engine.begin() as db:
        return queue.claim(db, "api")


def test_two_runners_never_take_the_same_job(engine: Engine) -> None:
    put(engine, wanted("a"))
    put(engine, wanted("b"))
    with engine.begin() as one, engine.begin() as other:
        jobs = [queue.claim(one, "api"), queue.claim(other, "api"), queue.claim(other, "api")]
    assert [job.args["n"] if job else None for job in jobs] == ["a", "b", None]


def test_the_same_work_is_queued_once_until_it_is_finished(engine: Engine) -> None:
    assert put(engine, wanted("a"))
    assert not put(engine, wanted("a"))
    job = take(engine)
    assert job
    with engine.begin() as db:
        queue.finish(db, job)
    assert put(engine, wanted("a"))


def test_an_urgent_job_goes_first_and_a_later_one_waits(engine: Engine) -> None:
    put(engine, wanted("later", after=timedelta(minutes=5)))
    put(engine, wanted("routine"))
    put(engine, wanted("urgent", urgent=True))
    taken = [take(engine) for _ in range(3)]
    assert [job and job.args["n"] for job in taken] == ["urgent", "routine", None]


def test_a_job_whose_runner_died_is_taken_by_another_and_fenced(engine: Engine) -> None:
    put(engine, wanted("a"))
    first = take(engine)
    assert first
    assert take(engine) is None
    with engine.begin() as db:
        db.execute(text("UPDATE agency.job SET leased_until = checkin_now() - interval '1 second'"))
    second = take(engine)
    assert second
    assert second.attempt == 2
    with engine.begin() as db:
        queue.finish(db, first)  # it came back to life, too late
        assert db.execute(text("SELECT count(*) FROM agency.job")).scalar() == 1
        queue.finish(db, second)
        assert db.execute(text("SELECT count(*) FROM agency.job")).scalar() == 0


def test_a_free_wait_is_no_attempt_and_can_be_cut_short(engine: Engine) -> None:
    put(engine, wanted("a"))
    job = take(engine)
    assert job
    with engine.begin() as db:
        queue.put_back(db, job, timedelta(minutes=1), "stopped", free=True)
    assert take(engine) is None
    with engine.begin() as db:
        queue.wake(db, "stopped")
    again = take(engine)
    assert again
    assert (again.attempt, again.note) == (1, "stopped")


def test_moving_a_waiting_job_adds_arguments_and_changes_its_time(engine: Engine) -> None:
    put(engine, wanted("a", after=timedelta(hours=1)))
    with engine.begin() as db:
        queue.move(db, NewJob("plan", "a", "planning", "spotlight", {"approved": True}))
    job = take(engine)
    assert job
    assert job.args == {"n": "a", "approved": True}


def test_depth_counts_what_waits_and_is_eligible(engine: Engine) -> None:
    put(engine, wanted("a"))
    put(engine, wanted("b", after=timedelta(hours=1)))
    with engine.begin() as db:
        assert queue.depths(db) == {"planning": 1}
