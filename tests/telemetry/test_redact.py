import random
import string
import time
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from uuid import UUID

import orjson
import pytest

from telemetry import redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq9\n-----END RSA PRIVATE KEY-----"

# (a text, what of it must not remain)
LEAKS = [
    ("xoxb-1234567890-abcdefghij", "1234567890-abcdefghij"),
    ("token refresh gave xoxe.xoxp-1-Mi0yLTEyMzQ1Njc4", "Mi0yLTEyMzQ1Njc4"),
    ("xapp-1-A012345-678901-abcdef", "A012345-678901-abcdef"),
    ("POST https://hooks.slack.com/services/T0/B0/XXXXXXXXXXXX failed", "XXXXXXXXXXXX"),
    ("https://hooks.slack.com/actions/T0/123/abcDEF", "abcDEF"),
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("key sk-ant-api03-aBcDeFgHiJkLmNoPqRsT rejected", "aBcDeFgHiJkLmNoPqRsT"),
    ("sk-proj-aBcDeFgHiJkLmNoPqRsT", "aBcDeFgHiJkLmNoPqRsT"),
    ("sk_live_aBcDeFgHiJkLmNoPqRsT", "aBcDeFgHiJkLmNoPqRsT"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstu", "SyA1234567890"),
    ("ya29.a0AfH6SMBx-abcdefgh", "a0AfH6SMBx"),
    ("EAABwzLixnjYBAOZBZCabcdefghij1234567890", "wzLixnjYBAOZBZC"),
    ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnop"),
    ("github_pat_11AAAAAAA0abcdefghijkl_mnop", "11AAAAAAA0"),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    (f"jwt {JWT}", "dozjgNryP4J3jVmNHl0w5N"),
    (PEM, "MIIEpAIBAAKCAQEA7bq9"),
    ("postgresql+psycopg://checkin:hunter2@db.internal:5432/checkin", "hunter2"),
    ("postgresql://checkin:p@ss@db/checkin", "p@ss"),
    ("redis://:onlyapassword@cache:6379", "onlyapassword"),
    ("Authorization: Bearer abc.def-123456789", "abc.def-123456789"),
    ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("Cookie: session=abc; csrf=def", "def"),
    ("sent Bearer 0123456789abcdef", "0123456789abcdef"),
    ("GET /me?access_token=EXAMPLE123&fields=id", "EXAMPLE123"),
    ("https://s3.example/key?X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0", "fe5f80f77d5fa3be"),
    ("redirect=%2Fcb%3Faccess_token%3DEXAMPLE123", "EXAMPLE123"),
    ("Settings(api_key='EXAMPLE123', zone='UTC')", "EXAMPLE123"),
    ('{"client_secret": "EXAMPLE123", "zone": "UTC"}', "EXAMPLE123"),
    ("{'refresh_token': 'EXAMPLE123'}", "EXAMPLE123"),
    (orjson.dumps('{"password": "EXAMPLE123"}').decode(), "EXAMPLE123"),
    ("api key: use api_key: 0123456789", "0123456789"),
]

BENIGN = [
    "publish.accepted",
    "https://www.instagram.com/p/C8abcDEFghi/?utm_source=ig&hl=en",
    "https://www.tiktok.com/@acme/video/7301234567890123456",
    "0af7651916cd43dd8448eb211c80319c",
    "7f3b1c52-4f0e-4c1e-9a52-2d1f5c1d9d11",
    "task-20240101-publish-evening-batch, risk-averse-and-long-text",
    "token refresh failed for instagram: expired",
    "token: expired",
    "Basic information about the monkey was cooked with cookies",
    "password authentication failed for user checkin",
    "write to ana@example.com about key results: 42",
    "the secret of a good caption is brevity",
    "Bearer of bad news",
    "rate limit 200/200, resets at 12:00:00",
    "selector [data-testid=publish] not found after 30000 ms",
]


@pytest.fixture(autouse=True)
def _nothing_registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redact, "_registered", ())
    redact._short_field.cache_clear()
    redact.own_ids.cache_clear()
    yield
    redact._short_field.cache_clear()
    redact.own_ids.cache_clear()


@pytest.mark.parametrize(("told", "secret"), LEAKS, ids=range(len(LEAKS)))
def test_what_is_shaped_like_a_secret_is_masked(told: str, secret: str) -> None:
    assert secret in told
    assert secret not in redact.text(told)
    assert "[redacted:" in redact.text(told)
    assert secret not in redact.text(f"before {told} after")
    assert secret not in redact.text(f"x={told!r}")


@pytest.mark.parametrize("told", BENIGN)
def test_an_ordinary_text_stays_as_it_is(told: str) -> None:
    assert redact.text(told) == told


@pytest.mark.parametrize(("told", "secret"), LEAKS, ids=range(len(LEAKS)))
def test_masking_twice_leaks_nothing_more(told: str, secret: str) -> None:
    assert secret not in redact.text(redact.text(told))


def test_the_rest_of_the_text_survives() -> None:
    assert redact.text("GET /me?access_token=EXAMPLE123&fields=id").startswith("GET /me?access_token=[redacted:named:")
    assert redact.text("GET /me?access_token=EXAMPLE123&fields=id").endswith("&fields=id")
    assert redact.text("postgresql://checkin:hunter2@db/checkin").endswith("@db/checkin")


def test_one_secret_has_one_mask_and_two_secrets_have_two() -> None:
    first, again, other = (redact.text(f"token={value}") for value in ("abcdef1", "abcdef1", "abcdef2"))
    assert first == again != other


@pytest.mark.parametrize("secret", ["plain-Secret/9+x", 'quo"te\\d', "späße & more", "two words"])
@pytest.mark.parametrize("written", ["raw", "url", "query", "json", "base64"])
def test_a_registered_secret_is_masked_however_it_is_written(secret: str, written: str) -> None:
    redact.register([secret])
    form = {
        "raw": secret,
        "url": quote(secret, safe=""),
        "query": quote_plus(secret),
        "json": orjson.dumps(secret).decode()[1:-1],
        "base64": b64encode(secret.encode()).decode(),
    }[written]
    assert redact.text(f"a {form} b") == f"a {redact.text(secret)} b"
    assert redact.text(secret).startswith("[redacted:registered:")


def test_registering_reaches_texts_that_were_seen_before() -> None:
    assert redact.field("note", "hush-hush") == "hush-hush"
    redact.register(["hush-hush"])
    assert redact.field("note", "hush-hush") != "hush-hush"


def test_of_two_registered_secrets_the_longer_is_masked_whole() -> None:
    redact.register(["abcdef", "abcdefghij"])
    assert redact.text("abcdefghij").count("[redacted:") == 1
    assert "ghij" not in redact.text("abcdefghij")


def test_a_very_short_registered_secret_does_not_mask_ordinary_words() -> None:
    redact.register(["admin", ""])
    assert redact.text("administration") == "administration"


@pytest.mark.parametrize(
    "name", ["token", "access_token", "X-Api-Key", "clientSecret", "password", "Set-Cookie", "response_url"]
)
def test_a_field_named_like_a_secret_is_masked_whatever_it_holds(name: str) -> None:
    assert str(redact.field(name, "abc")).startswith("[redacted:named:")
    assert "abc" not in str(redact.field(name, ["abc"]))
    assert "abc" not in str(redact.field(name, b"abc"))
    assert "abc" not in str(redact.field("headers", {name: "abc", "other": {name: "abc"}}))


@pytest.mark.parametrize("name", ["tokens_in", "token_refresh_outcome", "idempotency_key", "client_id", "secretary"])
def test_a_field_that_only_sounds_like_a_secret_is_kept(name: str) -> None:
    assert redact.field(name, "abc") == "abc"


def test_a_number_of_tokens_is_kept() -> None:
    assert redact.field("tokens", 1200) == 1200


def test_a_key_of_a_mapping_is_masked_too() -> None:
    assert "hunter2" not in str(redact.field("seen", {"postgres://u:hunter2@h": 1}))


@pytest.mark.parametrize(
    "value", ["a" * 5000, "é" * 3000, "😀" * 3000, ["x" * 100] * 100, {str(n): n for n in range(5000)}]
)
def test_no_field_is_longer_than_two_kibibytes(value: object) -> None:
    kept = redact.field("caption", value)
    assert isinstance(kept, str)
    assert 2000 < len(kept.encode()) <= redact.FIELD_BYTES


def test_a_secret_that_straddles_the_cut_leaves_no_half_behind() -> None:
    for room in range(redact.FIELD_BYTES - 40, redact.FIELD_BYTES + 1):
        assert "xoxb-1" not in str(redact.field("note", "." * room + " xoxb-1234567890-abcdefghij"))


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "value",
    [
        "\ud800 lone surrogate",
        10**40,
        float("nan"),
        {1: {2: {3: 4}}},
        {("a", 1): object()},
        Broken(),
        {"deep": Broken()},
        {1, 2},
        UUID(int=1),
        b"\xff",
        ValueError("x"),
    ],
)
def test_whatever_is_given_json_can_hold_the_result(value: object) -> None:
    orjson.dumps(redact.field("thing", value))


def test_a_structure_without_end_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    orjson.dumps(redact.field("loop", loop))


HOSTILE = ["eyJ", "xox", "xoxb-", "://a:", "a@:", "token", "token:", "token:a", "token: ", "bearer ", "authorization:"]


@pytest.mark.parametrize(
    "piece", [*HOSTILE, "-----BEGIN A", "-----BEGIN PRIVATE KEY-----", '\\"token', "ghp_", "://:", " "]
)
def test_a_hostile_text_takes_bounded_time(piece: str) -> None:
    hostile = "token" + piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    redact.text(hostile)
    assert time.perf_counter() - started < 0.5  # quadratic patterns take seconds to minutes


def test_random_texts_are_not_mistaken_for_secrets() -> None:
    dice = random.Random(5)
    words = string.ascii_lowercase + string.digits + "  .,:-/_"
    texts = ["".join(dice.choices(words, k=dice.randrange(5, 120))) for _ in range(3000)]
    assert sum(redact.text(told) != told for told in texts) < 30
