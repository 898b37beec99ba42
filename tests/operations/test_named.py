import pytest
from sqlalchemy import Engine

from audits import Scope
from clients import store as clients
from operations.named import Unknown, named, named_unseen
from tests.factories import client


@pytest.fixture(autouse=True)
def _clients(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_clients(db, [client(), client("zen", "Zen Tea"), client("zen-x", "Zen Tea X")])


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("", Scope()),
        ("Everything", Scope()),
        ("acme", Scope("acme")),
        ("Instagram", Scope(platform="instagram")),
        ("  INSTAGRAM   acme ", Scope("acme", "instagram")),
        ("zen tea tiktok engagement", Scope("zen", "tiktok", "engagement")),
        ("Zen Tea X", Scope("zen-x")),
        ("instagram zen tea x", Scope("zen-x", "instagram")),
    ],
)
def test_words_name_what_to_stop(engine: Engine, text: str, scope: Scope) -> None:
    with engine.begin() as db:
        assert named(db, text) == scope


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("flurbl", Unknown("flurbl")),
        ("acmee", Unknown("acmee", ("acme",))),
        ("acme zen", Unknown("zen", surplus=True)),
        ("instagram facebook", Unknown("facebook", surplus=True)),
        ("acme instgram", Unknown("instgram", ("instagram",))),
        ("everything acme", Unknown("everything", surplus=True)),
        ("acme everything", Unknown("everything", surplus=True)),
        ("everythin", Unknown("everythin", ("everything",))),
        ("<!channel>", Unknown("<!channel>")),
    ],
)
def test_a_word_that_does_not_fit_is_told_with_what_it_may_have_been(
    engine: Engine, text: str, unknown: Unknown
) -> None:
    with engine.begin() as db:
        assert named(db, text) == unknown


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("everything", Scope()),
        ("acmee", Scope("acmee")),
        ("TikTok acme", Scope("acme", "tiktok")),
        ("zen tea", Unknown("tea")),
    ],
)
def test_without_a_database_a_client_goes_by_its_id(text: str, scope: Scope | Unknown) -> None:
    assert named_unseen(text) == scope
