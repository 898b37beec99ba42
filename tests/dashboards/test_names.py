import pytest

from clients.model import Client
from dashboards.names import client_called, platform_name, reason_words

CLIENTS = [
    Client("acme", "Acme Outdoor", "UTC"),
    Client("acme-north", "Acme Outdoor North", "UTC"),
    Client("blue", "Bluebird Bakery", "UTC"),
    Client("gale", "Gale", "UTC"),
    Client("gale-2", "Gale", "UTC"),
]


@pytest.mark.parametrize(
    ("asked", "client_id"),
    [
        ("acme", "acme"),
        ("ACME", "acme"),
        (" `acme` ", "acme"),
        ("“Acme Outdoor”", "acme"),
        ("bluebird", "blue"),
        ("gale", "gale"),
    ],
)
def test_a_client_is_found_by_id_by_name_or_by_the_only_name_that_begins_so(asked: str, client_id: str) -> None:
    found = client_called(CLIENTS, asked)
    assert isinstance(found, Client)
    assert found.client_id == client_id


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        ("akme", ["acme"]),
        ("blubird bakery", ["blue"]),
        ("acme o", ["acme", "acme-north"]),
        ("zzz", []),
        ("", []),
        ("x" * 4000, []),
    ],
)
def test_others_get_close_names_suggested(asked: str, suggested: list[str]) -> None:
    found = client_called(CLIENTS, asked)
    assert isinstance(found, list)
    assert [client.client_id for client in found][: len(suggested) or None] == suggested


def test_two_clients_of_one_name_are_both_suggested() -> None:
    twins = [Client("one", "Twin", "UTC"), Client("two", "Twin", "UTC")]
    assert client_called(twins, "twin") == twins


def test_platforms_and_reasons_we_do_not_know_keep_their_words() -> None:
    assert platform_name("youtube") == "YouTube"
    assert platform_name("mastodon") == "mastodon"
    assert platform_name(None) == ""
    assert reason_words("platform_5xx") == "API error"
    assert reason_words("moon_phase") == "moon phase"
    assert reason_words(None) == "no reason given"
