"""The forms that secrets are written in: by their name, by a mark of their own, or by the place where they stand.

Every pattern takes a time that grows with the text and not with its square, whoever wrote the text: what may repeat is
either taken once and for all (possessive, and nothing after it can fail), or has a bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MASK = "***"


@dataclass(frozen=True)
class Form:
    """What a secret looks like, and what is written instead; not there without one of the `signs` (lower case)."""

    signs: tuple[str, ...]
    looks: re.Pattern[str]
    shown: str

    def hide(self, text: str, lower: str) -> str:
        """The text without its secrets of this form. `lower` is the text in lower case."""
        if any(sign in lower for sign in self.signs):
            return self.looks.sub(self.shown, text)
        return text


def _form(signs: str, pattern: str, shown: str = rf"\1{MASK}", flags: int = re.IGNORECASE) -> Form:
    return Form(tuple(signs.split("|")), re.compile(pattern, flags), shown)


# The words that call a value secret. `arn:...:123456789012:secret:name` is an address, `tokens: 12` a number.
_WORDS = (
    r"(?:(?<![\d*]:)secret(?!smanager)|token(?!s\W{1,4}\d{1,9}\b)|passw(?:or)?d|passphrase|passcode|requirepass"
    r"|(?:api|access|account|encryption|master|private|signing)[_-]?key|credentials?|(?<=_)(?:pass|pwd)(?![a-z])"
    r"|(?<=;)\s?pwd|(?<![a-z])_auth(?=\s*=)|x-amz-signature|jsessionid|phpsessid|connect\.sid|awsalb)"
)
_ABOUT = (
    r"(?=[a-z0-9_-]{0,32}+(?:\W|\Z))(?![a-z0-9_-]{0,24}?(?:arn|name|ur[il]|endpoint|file|path|dir|count|length|size|type|kind|policy|version"
    r"|expir[a-z]*|ttl|age|seconds|stdin)(?![a-z0-9_-]))"
)
_NAMED = rf"{_WORDS}{_ABOUT}[a-z0-9_-]{{0,32}}+"
_NAMED_SIGNS = (
    "secret|token|passw|passphrase|passcode|requirepass|key|credential|_pass|pwd|_auth|x-amz-sig|sessid|jsession|"
    "connect.sid|awsalb"
)
_HEADERS = (
    r"(?:(?:proxy-)?authorization|(?:set-)?cookie|x-amz-security-token|x-api-key|(?:x-hub|stripe)-signature)"
    r"(?:-256)?"
)
_HEADER_SIGNS = "authorization|cookie|x-amz-security-token|x-api-key|x-hub-sig|stripe-sig"

# A line break, a tab or a quote may be written as an escape: `\n` before a name, `\"` or `\\\"` around a value.
_START = r"(?:(?<![A-Za-z0-9?&])|(?<=\\[nrt]))"
_QUOTE = r"\\{0,8}[\"']?"
_IS = rf"{_QUOTE}[ \t]{{0,64}}+[:=]{{1,2}}>?[ \t]{{0,64}}+\[?[ \t]{{0,8}}"
_NOT_YET = r"(?!\*\*\*)"


def _quoted(before: str, groups: int = 0) -> str:
    """A value in quotes: to the quote that closes it, which has as many backslashes as the one that opened it.

    What is `before` it, with the opening quote, is one group; so many `groups` are before it in the whole pattern.
    """
    slashes, quote = rf"\{groups + 2}", rf"\{groups + 3}"
    return (
        rf"({before}[bru]?(\\{{0,8}})([\"'])){_NOT_YET}"
        rf"(?:[^\"'\\\r\n]++|(?!{quote})[\"']|\\++(?![\"'])|{slashes}\\++[\"'])++"
    )


# A value without quotes: to a blank, or to what can only be the beginning of the next member.
_BARE = (
    r"(?:[^\s\"'\\}&;,<]|[\"'}](?=\w)|\\(?![nrtu\"'\\])|&(?!amp;|[\w.%-]{1,40}=)|;(?=\S)(?![\w .-]{1,40}=)"
    r"|,(?![ \w.-]{1,40}[=:])|<(?!/|\w{1,16}[ />]))"
)
_NO_VALUE = r"(?!(?:true|false|null|none|undefined)(?:[\s,;)}\]\"'\\]|\Z)|\$\{|\{|\[)"

# The name first and then the value, as in ECS's `environment`, in parameters, in HAR and in XML; perhaps one between.
_CALLED = rf"[^\"'\\\n]{{0,64}}?(?:{_NAMED}|{_HEADERS}){_QUOTE}(?![\w.])"
_MEMBER = rf"[\s,]{{1,64}}{_QUOTE}[\w-]{{1,24}}{_QUOTE}\s{{0,4}}[:=]\s{{0,4}}{_QUOTE}[\w.:/-]{{0,64}}{_QUOTE}"
_NAME_IS = rf"\b(?:name|key){_QUOTE}\s{{0,4}}[:=]\s{{0,4}}{_QUOTE}{_CALLED}"
_VALUE_IS = rf"\bvalue{_QUOTE}\s{{0,4}}[:=]\s{{0,4}}"

# What issuers put before their tokens, so that they are found (GitHub's, Slack's, Stripe's ... scanners look for them).
_MARKS = (
    r"gh[pousr]_(?=\w{20})|github_pat_(?=\w{20})|gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-(?=[\w-]{16})"
    r"|xox[a-z](?:-|\.xox[a-z]-)(?=[\w-]{10})|xapp-(?=[\w-]{10})|(?:sk|rk|pk)_(?:live|test)_(?=\w{10})|whsec_(?=\w{16})"
    r"|npm_(?=[A-Za-z0-9]{36})|pypi-AgE(?=[\w-]{30})|rubygems_(?=[0-9a-f]{40})|dckr_(?:pat|oat)_(?=[\w-]{20})"
    r"|do[por]_v1_(?=[0-9a-f]{32})|shp(?:at|ca|pa|ss)_(?=[0-9a-fA-F]{32})|hf_(?=[A-Za-z]{30})|AIza(?=[\w-]{35})"
    r"|ya29\.(?=[\w-]{20})|GOCSPX-(?=[\w-]{20})|SG\.(?=[\w-]{16,64}\.[\w-]{16})|key-(?=[0-9a-f]{32})|SK(?=[0-9a-f]{32}\b)"
    r"|dapi(?=[0-9a-f]{32})|hv[sbr]\.(?=[\w-]{20})|sk-(?:[a-z]{2,8}-)?(?=[\w-]{20})|gsk_(?=\w{40})|figd_(?=[\w-]{20})"
    r"|lin_api_(?=\w{20})|ntn_(?=\w{30})|gl(?:sa|c)_(?=[\w-]{20})|sntry[su]_(?=[\w-]{20})|pscale_(?:tkn|pw)_(?=[\w-]{20})"
    r"|PMAK-(?=[0-9a-f]{20})|NRAK-(?=[A-Z0-9]{20})|dp\.[a-z]{2}\.(?=\w{20})|sq0(?:atp|csp)-(?=[\w-]{20})|AT[AC]TT3x(?=\w{20})"
    r"|AGE-SECRET-KEY-1(?=\w{20})|(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|AQoDYXdz)(?=[\w+/]{20})"
)

FORMS = (
    # A key's body goes over many lines, each with what a log may put before it.
    _form(
        "private key",
        r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)(?:(?!-----END)[\s\S]){1,16384}+",
    ),
    _form("private-lines", r"(private-lines: \d{1,3})(?:\s{1,2}+[a-z0-9+/=]{1,100}+(?!\S))++"),
    _form("value", _quoted(rf"{_NAME_IS}(?:{_MEMBER}){{0,2}}[\s,]{{1,64}}{_QUOTE}{_VALUE_IS}")),
    _form(
        "value",
        rf"({_NAME_IS}[\s,]{{1,64}}{_QUOTE}{_VALUE_IS}){_NO_VALUE}{_NOT_YET}(?![\"'\\])[^\s\"'\\,}}<]++",
    ),
    _form(
        "value",
        rf"({_VALUE_IS}(\\{{0,8}}[\"'])){_NOT_YET}[^\"'\\\n]{{1,512}}+(?=\2[\s,]{{1,64}}{_QUOTE}{_NAME_IS})",
    ),
    # A header's value goes on to the end of its quotes or of its line: cookies hold spaces, commas and quotes.
    _form(
        _HEADER_SIGNS, _quoted(rf"{_START}{_HEADERS}{_QUOTE}\s{{0,16}}[:=,]\s{{0,16}}(?!\W{{1,8}}value\b)")
    ),
    _form(
        _HEADER_SIGNS,
        rf"({_START}{_HEADERS}[ \t]{{0,16}}[:=][ \t]{{0,16}}+(?:(?:bearer|basic) )?)"
        rf"(?!\\*[\"'\s]|(?:bearer |basic )?\*\*\*)(?:[^\\\r\n]|\\(?![rn]))++",
    ),
    _form(
        "<",
        rf"(<[\w:.-]{{0,40}}?{_NAMED}(?:\s[^<>]{{0,128}})?>(?:<!\[CDATA\[)?){_NOT_YET}(?!\s)(?:[^<\]]|\](?!\]>))++",
    ),
    _form("<", rf"(<\w{{1,24}} name={_QUOTE}{_CALLED}>){_NOT_YET}(?!\s)[^<]++"),
    _form(_NAMED_SIGNS, _quoted(rf"--[a-z-]{{0,32}}?{_NAMED}(?:[ =]|[\"'],\s{{0,4}})")),
    _form(
        _NAMED_SIGNS,
        rf"(--[a-z-]{{0,32}}?{_NAMED}(?:[ \t]{{1,16}}+|=))(?!-|\*\*\*|[\"'\\]){_NO_VALUE}{_BARE}++",
    ),
    _form(
        _NAMED_SIGNS,
        rf"({_NAMED})(?:{_quoted(_IS, 1)}"
        rf"|({_IS}(?:\\{{1,8}}[\"'])?)(?![\"']){_NOT_YET}{_NO_VALUE}{_BARE}{{4,}}+"
        r"|(:[ \t]{0,8}[|>][+-]?\r?\n([ \t]{1,32}+))(?!\*)\S.*+(?:\n\6.*+)*+)",
        rf"\1\2\5\6{MASK}",
    ),
    # Of an address: who may, and what a query proves it by; also where it is part of another address.
    _form(
        "://",
        r"(://[^/\s:@\"'\[<>]{0,128}+:)(?!\*\*\*@|\d{1,5}[/?#])(?:[^/\s\"'<>]{1,256}|[^@\s\"'<>]{1,256})@",
        rf"\1{MASK}@",
    ),
    _form("://", r"(://)[0-9a-f]{32,64}+(?=@)"),
    _form(
        "=|%3d",
        r"((?:[?&;]|%3f|%26)(?:token|x-(?:amz|goog)-(?:signature|credential|security-token)|code|key|sig|signature|auth"
        rf"|hmac|policy)(?:=|%3d)){_NOT_YET}(?:(?!%26)[^&\s\"'<>\\;])++",
    ),
    _form("hooks.|webhook", r"((?:hooks\.slack\.com|hooks\.zapier\.com/hooks)/[a-z]{1,16}/)[\w/-]++"),
    _form("webhook", r"((?:discord(?:app)?\.com/api/webhooks|\.webhook\.office\.com/webhookb2)/)[\w/@-]++"),
    _form("/v2/credentials/", r"(/v2/credentials/)[\w-]++"),
    # Of a scheme.
    _form("bearer", r"(\bbearer\s{1,8}+)[a-z0-9._~+/=-]{8,}+"),
    _form("basic", r"(\bBasic )(?=[A-Za-z+/]{0,64}[0-9=])[A-Za-z0-9+/]{8,}+=*+", flags=0),
    _form("auth plain|auth login", r"(\bauth (?:plain|login) )[a-z0-9+/]{8,}+=*+"),
    _form('"auth', r"(\"auth\":\s{0,4}\")[a-z0-9+/]{8,}+=*+"),
    _form('"kty', r"(\"(?:d|p|q|dp|dq|qi|k)\":\s{0,4}\")[\w-]{16,}+", flags=0),
    # Of a file of passwords, a command, a cookie jar.
    _form(
        "machine",
        r"(\bmachine\s{1,16}\S{1,255}\s{1,16}(?:(?:login|account)\s{1,16}\S{1,255}\s{1,16}){0,2}password\s{1,16})"
        rf"{_NOT_YET}\S++",
    ),
    _form(
        ":",
        rf"^([\w.*-]{{1,255}}+:(?:\d{{4,5}}|\*):[^:\s/]{{1,63}}+:[a-z_*][^:\s/]{{0,62}}+:){_NOT_YET}[^:\s]++$",
        flags=re.IGNORECASE | re.MULTILINE,
    ),
    _form(
        "\t",
        rf"^(\S{{1,255}}+\t(?:TRUE|FALSE)\t\S{{1,255}}+\t(?:TRUE|FALSE)\t\d{{1,12}}\t\S{{1,255}}+\t){_NOT_YET}\S++",
        flags=re.MULTILINE,
    ),
    _form("-u", r"(\s(?:-u|--user|--proxy-user)[ =][\"']?[^\s:\"']{1,64}+:)(?!\*\*\*|\d+\b)[^\s\"']++"),
    _form(
        " -p| -a",
        r"(\b(?:mysql(?:dump|admin)?|docker login|sshpass|redis-cli)\b[^\n|;]{0,80}?\s-[pa]\s?)"
        r"(?!\*\*\*|-)[^\s\"']++",
        flags=0,
    ),
    _form("requirepass|auth ", r"^((?:requirepass|masterauth|auth)\s)(?!\*)\S{8,}+$", flags=re.I | re.M),
    _form("$", r"(\$(?:1|5|6|7|y|2[abxy]|apr1|argon2(?:id|i|d)|scrypt)\$(?:\d\d\$)?)[\w./$=,+-]{16,}+"),
    _form("{ss", r"(\{SS?HA(?:256|512)?\})[a-z0-9+/=]{16,}+"),
    # By a mark of their own.
    _form("", rf"{_START}({_MARKS})[\w.=+/~-]++", flags=0),
    _form("eyj", rf"{_START}eyJ[\w-]{{8,}}+(?:\.[\w-]*+){{0,4}}", MASK, 0),
    _form(":aa", r"(?<!\d)(\d{8,10}:)AA[\w-]{33}", flags=0),
    _form("-us", r"(?<![0-9a-f])[0-9a-f]{32}(?=-us\d{1,2}\b)", MASK, 0),
    _form(".", r"(?<![\w-])[MNO][\w-]{23,27}+\.[\w-]{6}\.[\w-]{27,64}+", MASK, 0),
    _form(
        "akia|asia",
        r"(\b(?:AKIA|ASIA)[A-Z0-9*]{7,16}[\"']?[\s,:;|]{1,4}[\"']?)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
        flags=0,
    ),
    _form("akia|asia|aroa|aida", r"\b((?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{4})[A-Z0-9]{12,17}\b", flags=0),
    # An AWS account: twelve digits that stand alone, as in an ARN, in a queue's or a registry's address, or between the
    # hyphens of a bucket's name. The last group of a UUID follows a hyphen and ends there.
    _form("", r"(?<![\w.-])\d{12}(?!\w|\.\d)", MASK, 0),
    _form("-", r"(?<=[a-z]-)\d{12}(?=-[a-z])", MASK, 0),
)

_SECRET_NAME = re.compile(rf"(?:{_NAMED}|{_HEADERS})$", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether a member, variable, option or header of this name holds a secret."""
    return len(name) <= 256 and _SECRET_NAME.search(name) is not None
