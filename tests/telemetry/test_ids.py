import pytest

from telemetry import ids

# Section 4 of the specification; trace_id and span_id are the active span's.
ASKED = [
    "request_id",
    "client_id",
    "platform",
    "surface",
    "lane",
    "blueprint_id",
    "plan_id",
    "asset_id",
    "calendar_item_id",
    "episode_id",
    "job_id",
    "tool_id",
    "runner_id",
]


def test_the_context_carries_what_the_specification_names_and_nothing_else_can_be_given() -> None:
    assert list(ids.NAMES) == ASKED
    assert list(ids.Given.__annotations__) == ASKED
    with pytest.raises(TypeError, match="clientid"), ids.bound(clientid="acme"):  # type: ignore[call-arg]
        pass


def test_a_block_adds_to_what_is_bound_around_it_and_leaves_it_as_it_was() -> None:
    with ids.bound(client_id="acme", platform="x"):
        with ids.bound(platform="tiktok", job_id="job-1", client_id=None):
            assert ids.current().present() == {"client_id": "acme", "platform": "tiktok", "job_id": "job-1"}
        assert ids.current().present() == {"client_id": "acme", "platform": "x"}
    assert ids.current().present() == {}


def test_of_a_strangers_carrier_only_ids_are_taken_and_none_is_endless() -> None:
    told = ids.from_mapping({"client_id": "a" * 1000, "password": "x", "job_id": 7, "lane": None})

    assert told == {"client_id": "a" * 128, "job_id": "7"}
