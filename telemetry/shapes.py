"""What secrets look like: the names of fields that hold them, and the forms that vendors give them.

Masking them is `redact`'s. To learn of a new kind, add a line here and one to tests/telemetry/secrets.py.
"""

import re

_NAMES = (
    r"(?:token|secret|passw(?:or)?d|passphrase|pwd|authorization|cookie|credential|signature|response_url|trigger_id"
    r"|webhook_url|connection_?string|dsn|jwt|code_verifier|client_assertion|auth(?:orization)?_code"
    r"|(?:api|access|account|private|signing|encryption)[_-]?key)"
)
NAME = re.compile(_NAMES + "s?$", re.IGNORECASE)
"""Found at the end of the name of a field: what the field holds is a secret."""

# Prefixes by which vendors mark their tokens, so that scanners find them; 16 characters or more follow.
_MARKS = [
    "glpat-",
    "glptt-",
    "gldt-",
    "glrt-",
    "npm_",
    "pypi-",
    "hf_",
    "gsk_",
    "xai-",
    "pplx-",
    "r8_",
    "SG.",
    "NRAK-",
    "glsa_",
    "glc_",
    "dop_v1_",
    "doo_v1_",
    "shpat_",
    "shpss_",
    "shpca_",
    "shppa_",
    "sq0",
    "hvs.",
    "hvb.",
    "lin_api_",
    "ntn_",
    "ATATT",
    "sntrys_",
    "sntryu_",
    "sbp_",
    "dp.pt.",
    "PMAK-",
    "figd_",
    "IGQV",
    "IGAA",
    "WPL_AP1.",
    "AGE-SECRET-KEY-1",
]
_NAME_HINTS = [
    "token",
    "secret",
    "passw",
    "passphrase",
    "pwd",
    "authorization",
    "cookie",
    "credential",
    "signature",
    "response_url",
    "trigger_id",
    "webhook_url",
    "connection",
    "dsn",
    "jwt",
    "code_verifier",
    "client_assertion",
    "auth_code",
    "authorization_code",
    "key",
]

# Kind; one of these is in all that it matches, in lower case; shape. What the group `keep` matched is kept, the rest is
# masked.
# No pattern may take more than linear time: a repetition that something must follow is bounded, or cannot contain its
# own beginning.
_SHAPES: list[tuple[str, list[str], str]] = [
    ("slack", ["xox", "xapp-", "xwfp-"], r"xox[a-z](?:\.xox[a-z])?-[\w%-]{8,}|(?:xapp|xwfp)-[\w-]{8,}"),
    ("slack-url", ["hooks.slack"], r"hooks\.slack(?:-gov)?\.com/[^\s\"'<>\\|]+"),
    (
        "webhook-url",
        ["/webhook", "hooks.zapier"],
        r"(?:discord(?:app)?\.com/api/webhooks|hooks\.zapier\.com/hooks/catch|webhook\.office\.com/webhookb2)/"
        r"[^\s\"'<>\\|]+",
    ),
    ("webhook", ["whs"], r"whs(?:ec|k)_[\w+/=-]{8,}"),
    ("key", ["sk-", "k_live_", "k_test_", "sk_"], r"\b(?:sk-|[sr]k_(?:live|test)_|sk_(?=[0-9a-f]{32}))[\w-]{16,}"),
    (
        "google",
        ["aiza", "ya29", "gocspx", "1//0", "4/0a"],
        r"AIza[\w-]{20,}|ya29\.[\w.-]{8,}|GOCSPX-[\w-]{16,}|\b(?:1//0|4/0A)[\w-]{20,}",
    ),
    ("meta", ["eaa", "|"], r"\bEAA[A-Za-z0-9]{20,}|\b\d{15,16}\|[\w-]{20,}"),
    ("tiktok", ["act.", "rft.", "clt."], r"\b(?:act|rft|clt)\.(?=[\w!*.-]{0,64}\d)[\w!*.-]{20,}"),
    ("x", ["aaaaaaaaaaaa"], r"\bA{12,}[\w%]{20,}"),
    ("linkedin", ["aq"], r"\bAQ[A-X][\w-]{60,}"),
    ("github", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat"], r"(?:gh[pousr]|github_pat)_\w{20,}"),
    ("aws", ["akia", "asia"], r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("twilio", ["sk"], r"\bSK[0-9a-f]{32}\b"),
    ("telegram", [":aa"], r"\b\d{8,10}:AA[\w-]{30,}"),
    ("mailchimp", ["-us"], r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    (
        "token",
        [mark.lower() for mark in _MARKS],
        rf"(?<![A-Za-z\d])(?:{'|'.join(map(re.escape, _MARKS))})[\w.~+/=-]{{16,}}",
    ),
    ("jwt", ["eyj"], r"eyJ[\w-]{8,1024}\.[\w-]+(?:\.[\w-]*)?"),
    (
        "pem",
        ["private key"],
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END [A-Z ]{0,30}-----)?",
    ),
    ("url", ["@"], r"(?P<keep>://)(?:[^\s/:@]*:[^\s/]+|[0-9a-f]{32})(?=@)"),
    ("code", ["code=", "sig="], r"(?P<keep>[?&](?i:code|sig)=)[^\s&\"'<>\\]{8,}"),
    ("bearer", ["bearer"], r"(?P<keep>(?i:bearer)\s+)(?=[\w.~+/=-]*\d)[\w.~+/=-]{12,}"),
    ("basic", ["basic"], r"(?P<keep>(?i:basic)\s+)(?=[A-Za-z]*[\d+/=])[A-Za-z\d+/]{8,}={0,2}"),
    (
        "header",
        ["authorization", "cookie"],
        r"(?P<keep>(?i:authorization|cookie)\s*:\s*)(?!\[redacted)[^\s\"'][^\r\n\"']*",
    ),
    ("curl", ["-u"], r"(?P<keep>\s(?:-u|--user)[\s=]['\"]?[^\s:'\"]{1,64}:)[^\s'\"]+"),
    # name=value, "name": "value", also quoted once more inside a JSON text
    (
        "named",
        _NAME_HINTS,
        rf"(?P<keep>(?i:{_NAMES}s?(?:=|%3d|\\{{0,3}}[\"']\s*:\s*))\\{{0,3}}[\"']?)(?!\[redacted)[^\s\"'\\&,;)}}\]]{{3,}}",
    ),
    # In prose ("token: expired") only what looks like no word.
    (
        "named",
        _NAME_HINTS,
        rf"(?P<keep>(?i:{_NAMES}s?)\s?:\s*)(?=[^\s\"',;)]{{0,64}}\d)(?!\[redacted)[^\s\"',;)]{{8,}}",
    ),
]
SHAPES = [(kind, hints, re.compile(pattern), "?P<keep>" in pattern) for kind, hints, pattern in _SHAPES]

SUSPICIOUS = re.compile("|".join(sorted({re.escape(hint) for _, hints, _ in _SHAPES for hint in hints})))
"""Found in the lower case of all that any of the shapes matches; most texts are passed after this one search."""
