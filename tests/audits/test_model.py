import hashlib
import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits import Scope, payload_hash

names = st.none() | st.text(min_size=1, max_size=12) | st.text("ab:/%", min_size=1, max_size=6)
scopes = st.builds(Scope, names, names, names)
documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abäé🐘", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def _reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reordered(value[name]) for name in reversed(value)}
    return [_reordered(one) for one in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text("abäé🐘", max_size=3), documents, max_size=4))
def test_the_hash_of_a_payload_does_not_depend_on_the_order_of_its_keys(payload: dict[str, Any]) -> None:
    assert payload_hash(_reordered(payload)) == payload_hash(payload)


@given(st.dictionaries(st.text("ab"), documents, max_size=3), st.dictionaries(st.text("ab"), documents, max_size=3))
def test_two_payloads_have_one_hash_only_when_they_say_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (payload_hash(one) == payload_hash(other)) is same


def test_the_hash_can_be_computed_by_anybody() -> None:
    written = '{"a":[1,"é"],"b":{"c":null}}'
    assert payload_hash({"b": {"c": None}, "a": [1, "é"]}) == hashlib.sha256(written.encode()).hexdigest()


def test_what_has_no_canonical_form_has_no_hash() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        payload_hash({"rate": float("nan")})


@given(scopes)
def test_a_scope_is_found_again_by_its_key(scope: Scope) -> None:
    assert Scope.parse(scope.key) == scope


@given(scopes, scopes)
def test_two_scopes_never_share_a_key(one: Scope, other: Scope) -> None:
    assert (one.key == other.key) is (one == other)


@given(scopes)
def test_a_scope_is_covered_by_itself_everything_and_all_that_say_less(scope: Scope) -> None:
    parts = (scope.client_id, scope.platform, scope.lane)
    wider = {Scope(*combination).key for combination in product(*({part, None} for part in parts))}
    assert set(scope.covering()) == wider
    assert len(scope.covering()) == len(wider)
    assert {scope.key, "everything"} <= wider


@given(scopes, scopes)
def test_covering_follows_from_the_parts(switch: Scope, effect: Scope) -> None:
    pairs = (
        (switch.client_id, effect.client_id),
        (switch.platform, effect.platform),
        (switch.lane, effect.lane),
    )
    covers = all(mine in (None, theirs) for mine, theirs in pairs)
    assert (switch.key in effect.covering()) is covers


def test_keys_read_like_words() -> None:
    assert Scope().key == "everything"
    assert Scope("acme").key == "client:acme"
    assert Scope("acme", "x", "publishing").key == "client:acme/platform:x/lane:publishing"


@pytest.mark.parametrize(
    "key",
    ["", "acme", "client", "client:", "platform:x/client:a", "client:a/client:b", "planet:mars", "Everything", None, 5],
)
def test_what_is_no_scope_is_refused(key: object) -> None:
    assert Scope.parse(key) is None
