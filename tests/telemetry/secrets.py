"""One secret of each kind that this product, its clients' services and their vendors know; all of them made up.

Written in pieces where a scanner of repositories would take them for real.
"""

from dataclasses import dataclass

REGISTERED = ["orchard-gate-7731", "päss wörd/9+x", 'quo"ted\\secret']


@dataclass(frozen=True)
class Secret:
    """`text` is how it comes, in a sentence or as a header; `needle` what of it must not be seen anywhere."""

    text: str
    needle: str


def _of(text: str, needle: str) -> Secret:
    assert needle in text
    return Secret(text, needle)


_LONG = "aB3dE5gH7jK9mN1pQ3sT5vW7"
_HEX = "0123456789abcdef0123456789abcdef"

SHAPED = {
    "slack bot token": _of("xo" + f"xb-1234567890-{_LONG}", _LONG),
    "slack user token": _of("xo" + f"xp-1234567890-{_LONG}", _LONG),
    "slack legacy token": _of("xo" + f"xs-1234567890-{_LONG}", _LONG),
    "slack configuration token": _of("xo" + "xe.xo" + f"xp-1-{_LONG}", _LONG),
    "slack refresh token": _of("xo" + f"xe-1-{_LONG}", _LONG),
    "slack client token": _of("xo" + f"xc-1234567890-{_LONG}", _LONG),
    "slack cookie": _of("d=xo" + f"xd-{_LONG}%2B{_LONG}", _LONG),
    "slack app token": _of("xa" + f"pp-1-A0123456-1234-{_LONG}", _LONG),
    "slack workflow token": _of("xw" + f"fp-1234-{_LONG}", _LONG),
    "slack webhook": _of(f"https://hooks.slack.com/services/T0/B0/{_LONG}", _LONG),
    "slack workflow hook": _of(f"https://hooks.slack.com/triggers/T0/1/{_LONG}", _LONG),
    "slack response url": _of(f"https://hooks.slack.com/actions/T0/1/{_LONG}", _LONG),
    "discord webhook": _of(f"https://discord.com/api/webhooks/123456789/{_LONG}", _LONG),
    "teams webhook": _of(f"https://acme.webhook.office.com/webhookb2/{_LONG}", _LONG),
    "zapier hook": _of(f"https://hooks.zapier.com/hooks/catch/123/{_LONG}", _LONG),
    "standard webhooks secret": _of("whs" + f"ec_{_LONG}", _LONG),
    "stripe secret key": _of("sk" + f"_live_{_LONG}", _LONG),
    "stripe restricted key": _of("rk" + f"_live_{_LONG}", _LONG),
    "stripe test key": _of("sk" + f"_test_{_LONG}", _LONG),
    "openai key": _of("sk" + f"-{_LONG}{_LONG}", _LONG),
    "openai project key": _of("sk" + f"-proj-{_LONG}", _LONG),
    "anthropic key": _of("sk" + f"-ant-api03-{_LONG}", _LONG),
    "elevenlabs key": _of(f"sk_{_HEX}{_HEX[:16]}", _HEX),
    "hugging face token": _of(f"hf_{_LONG}", _LONG),
    "replicate token": _of(f"r8_{_LONG}", _LONG),
    "groq key": _of(f"gsk_{_LONG}", _LONG),
    "google api key": _of("AI" + f"za{_LONG}", _LONG),
    "google access token": _of(f"ya29.{_LONG}", _LONG),
    "google client secret": _of(f"GOCSPX-{_LONG}", _LONG),
    "google refresh token": _of(f"1//0{_LONG}", _LONG),
    "google authorization code": _of(f"4/0A{_LONG}", _LONG),
    "meta access token": _of(f"EAA{_LONG}", _LONG),
    "meta app token": _of(f"123456789012345|{_LONG}", _LONG),
    "instagram token": _of(f"IGQV{_LONG}", _LONG),
    "tiktok access token": _of(f"act.{_LONG}", _LONG),
    "tiktok refresh token": _of(f"rft.{_LONG}", _LONG),
    "linkedin access token": _of(f"AQX{_LONG}{_LONG}{_LONG}", _LONG),
    "x bearer token": _of(f"AAAAAAAAAAAAAAAAAAAAA{_LONG}%3D{_LONG}", _LONG),
    "aws access key id": _of("AK" + "IAIOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"),
    "aws temporary key id": _of("AS" + "IAIOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"),
    "aws secret key": _of(f"aws_secret_access_key = '{_LONG}/+'".replace(" = ", "="), _LONG),
    "aws signed url": _of(f"https://s3.example/k?X-Amz-Signature={_HEX}{_HEX}", _HEX),
    "azure storage": _of(f"DefaultEndpointsProtocol=https;AccountKey={_LONG}==;x=1", _LONG),
    "azure sas": _of(f"https://acme.blob.example/c?sv=2024&sig={_LONG}%3D", _LONG),
    "github token": _of(f"ghp_{_LONG}", _LONG),
    "github app token": _of(f"ghs_{_LONG}", _LONG),
    "github fine-grained token": _of(f"github_pat_{_LONG}", _LONG),
    "gitlab token": _of(f"glpat-{_LONG}", _LONG),
    "npm token": _of(f"npm_{_LONG}", _LONG),
    "pypi token": _of(f"pypi-{_LONG}", _LONG),
    "sendgrid key": _of(f"SG.{_LONG}.{_LONG}", _LONG),
    "mailchimp key": _of(f"{_HEX}-us12", _HEX),
    "twilio key": _of(f"SK{_HEX}", _HEX),
    "telegram bot token": _of(f"123456789:AA{_LONG}{_LONG}", _LONG),
    "shopify token": _of(f"shpat_{_HEX}", _HEX),
    "new relic key": _of(f"NRAK-{_LONG}", _LONG),
    "grafana token": _of(f"glsa_{_LONG}", _LONG),
    "vault token": _of(f"hvs.{_LONG}", _LONG),
    "sentry dsn": _of(f"https://{_HEX}@o1.ingest.example/2", _HEX),
    "jwt": _of(f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{_LONG}", _LONG),
    "pem": _of(
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq9\n-----END RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA7b"
    ),
    "openssh key": _of("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END", "b3BlbnNzaC1rZXk"),
    "pgp key": _of("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQVYBGV3c2\n-----END", "lQVYBGV3c2"),
    "postgres url": _of("postgresql+psycopg://checkin:hunter2x@db/checkin", "hunter2x"),
    "redis url": _of("redis://:hunter2x@cache:6379", "hunter2x"),
    "amqp url": _of("amqps://user:hunter2x@queue/vhost", "hunter2x"),
    "mongo url": _of("mongodb+srv://user:hunter2x@cluster.example", "hunter2x"),
    "password with an @": _of("postgresql://checkin:hun@ter2x@db/checkin", "ter2x"),
    "connection string": _of("Server=db;User=sa;Password=hunter2x;", "hunter2x"),
    "libpq dsn": _of("host=db user=checkin password=hunter2x", "hunter2x"),
    "bearer header": _of(f"Authorization: Bearer {_LONG}", _LONG),
    "bearer in a sentence": _of(f"sent Bearer {_LONG}", _LONG),
    "basic header": _of("Authorization: Basic dXNlcjpodW50ZXIyeA==", "dXNlcjpodW50ZXIyeA"),
    "basic in a sentence": _of("sent Basic dXNlcjpodW50ZXIyeA==", "dXNlcjpodW50ZXIyeA"),
    "proxy header": _of("Proxy-Authorization: Digest username=u, response=6629fae4", "6629fae4"),
    "cookie": _of("Cookie: session=s3ss10n; csrf=abc", "s3ss10n"),
    "set-cookie": _of("Set-Cookie: sid=s3ss10n; HttpOnly", "s3ss10n"),
    "api key header": _of("X-Api-Key: a1b2c3d4e5f6", "a1b2c3d4e5f6"),
    "curl credentials": _of("curl -u admin:hunter2x https://db", "hunter2x"),
    "oauth code": _of(f"https://app.example/cb?code={_LONG}&state=1", _LONG),
    "oauth token in a fragment": _of(f"https://app.example/cb#access_token={_LONG}", _LONG),
    "encoded redirect": _of(f"next=%2Fcb%3Faccess_token%3D{_LONG}", _LONG),
}

NAMES = (
    *("token", "access_token", "refresh_token", "id_token", "client_secret", "clientSecret", "signing_secret"),
    *("password", "passwd", "passphrase", "pwd", "api_key", "X-Api-Key", "private_key", "signing_key"),
    *(
        "encryption_key",
        "cookie",
        "Set-Cookie",
        "authorization",
        "credentials",
        "signature",
        "response_url",
        "webhook_url",
        "dsn",
    ),
    *("jwt", "connection_string", "code_verifier", "client_assertion", "auth_code"),
)
NAMED = dict.fromkeys(NAMES, "hunter2x-Value")


def kinds() -> dict[str, Secret]:
    """All of them as texts: what was registered, what is shaped like a secret, and what is named like one."""
    told = {f"registered {n}": Secret(value, value) for n, value in enumerate(REGISTERED)}
    written = {f"named {name}": Secret(f"{name}={value}", value) for name, value in NAMED.items()}
    quoted = {f"json {name}": Secret(f'{{"{name}": "{value}"}}', value) for name, value in NAMED.items()}
    return {**SHAPED, **told, **written, **quoted}
