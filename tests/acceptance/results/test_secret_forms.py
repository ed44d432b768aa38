"""Every form that a secret is written in is masked, what stands beside it is not, and no text makes masking slow."""

from __future__ import annotations

import random
import re
import string
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from acceptance.results.masking import mask

_SHAPES = {
    "P": "hunter2Really",
    "A": "Zk3Qw8LpN5vTx2RbYh7Jm4Gc" * 4,
    "L": "zkqwlpnvtxrbyhjmgc" * 4,
    "H": "9f86d081884c7d65" * 4,
    "B": "wJalrXUtn/FEMIK7+MDENGbPxRfiCYzz" * 3,
    "U": "Nc2-Qx7_Rv5tKm9wLp3zHs6b" * 4,
    "D": "210987654321",
    "X": "ODNN7EXAMPLE",
    "J": "eyJhbGciOiJI.eyJzdWIiOi.SflKxw",
    "S": "Nc2-Qx7_Rv5tKm9wLp3zHs.Nc2-Qx7_Rv5tKm9wLp3zHs6bNc2-Qx7_Rv5",
    "T": "AAN2-Qx7_Rv5tKm9wLp3zHs6bNc2-Qx7_Rv",
    "Q": 'a\\"b {c}, d=e',
    "R": 'a\\\\\\"b {c}, d=e',
    "K": "\nAAAAB3NzaC1yc2E=\nq83vEjRWeJA=",
    "PEM": "\n2026 | MIIEpAIBAAKC\n2026 | q83vEjRWeJA=\n",
}
"""A secret's characters by its shape. No whole token stands in this file: scanners would take it for a real one."""


@dataclass(frozen=True)
class Row:
    """A text with `<shape and length>` where the secret stands, and one beside it that holds none."""

    text: str
    neighbour: str

    def filled(self, secret: Callable[[re.Match[str]], str]) -> str:
        return re.sub(r"<(PEM|[A-Z])(\d*)>", secret, self.text)

    @property
    def secret(self) -> str:
        return self.filled(lambda found: _SHAPES[found[1]][: int(found[2]) if found[2] else None])

    @property
    def masked(self) -> str:
        return self.filled(lambda _: "***")


ROWS = [
    # Tokens with a mark of their issuer.
    Row("ghp_<A36>", "ghp_ is how GitHub's begin"),
    Row("gho_<A36>", "gho_short"),
    Row("ghs_<A36>", "highs_and_lows_of_the_whole_long_afternoon"),
    Row("github_pat_<A60>", "github_pattern_of_names"),
    Row("glpat-<U20>", "glpat-none"),
    Row("saw xoxb-<U40>", "saw xoxb-1"),
    Row("xapp-<U40>", "webxapp-one"),
    Row("sk_live_<A24>", "sk_live_stream"),
    Row("rk_test_<A24>", "park_test_drive_of_a_rather_long_name"),
    Row("whsec_<A32>", "whsec_none"),
    Row("npm_<A36>", "npm_config_user_agent_and_registry_and_more"),
    Row("pypi-AgE<U60>", "pypi-server-of-our-own-with-a-long-name"),
    Row("rubygems_<H48>", "rubygems_mirror"),
    Row("dckr_pat_<U27>", "dckr_pat_"),
    Row("dop_v1_<H64>", "dop_v1_none"),
    Row("shpat_<H32>", "shpat_none"),
    Row("hf_<L34>", "half_of_them_are_here"),
    Row("AIza<U35>", "AIza is how Google's begin"),
    Row("ya29.<U60>", "ya29.7 seconds"),
    Row("GOCSPX-<U28>", "GOCSPX-none"),
    Row("SG.<S>", "SG.none.here"),
    Row("key-<H32>", "key-value-pairs-that-somebody-wrote-down"),
    Row("SK<H32>", "TASK0123"),
    Row("dapi<H32>", "dapi is a prefix"),
    Row("hvs.<U24>", "hvs.none"),
    Row("sk-<U48>", "task-0a3eb04e8d1c44f0a6f0c5b8d2e97a11"),
    Row("sk-ant-<U60>", "desk-drawers-of-every-kind-and-colour"),
    Row("figd_<U40>", "figd_none"),
    Row("lin_api_<A40>", "lin_api_v1"),
    Row("glsa_<A32>", "glsa_none"),
    Row("sntrys_<A60>", "sentrys_and_watchmen_of_the_long_night"),
    Row("PMAK-<H24>", "PMAK-none"),
    Row("sq0atp-<U22>", "sq0atp-none"),
    Row("ATATT3x<A60>", "ATATT3 is no token"),
    Row("AGE-SECRET-KEY-1<A58>", "AGE-SECRET-KEY-1 begins one"),
    Row("<H32>-us12", "9f86d081884c7d659f86d081884c7d65-eu12"),
    Row("bot 1234567890:<T>", "bot 1234567890: none"),
    Row("saw <J>", "saw eyJ and nothing else"),
    Row("IQoJb3JpZ2lu<B60>", "IQoJ"),
    # Amazon's.
    Row("AKIAIOSF<X12>", "AKIA is how they begin"),
    Row("ASIAIOSF<X12>", "ASIANETWORK"),
    Row("AKIAIOSF<X12>,<B40>", "AKIA,9f86d081884c7d65"),
    Row("AWS_SECRET_ACCESS_KEY=<B40>", "AWS_DEFAULT_REGION=eu-west-1"),
    Row("aws_secret_access_key = <B40>", "aws_region = eu-west-1"),
    Row("aws_session_token=<B80>", "aws_session_token=None"),
    Row('{"SessionToken": "<B80>"}', '{"SessionId": "anna-0a3eb04e8d1c44f0"}'),
    Row(
        "<SecretAccessKey><B40></SecretAccessKey>",
        "<RequestId>0a3eb04e-8d1c-44f0-a6f0-c5b8d2e97a11</RequestId>",
    ),
    Row("<SessionToken><![CDATA[<B80>]]></SessionToken>", "<Expiration>2026-11-24T21:00:00Z</Expiration>"),
    Row("SES_SMTP_PASSWORD=<B44>", "SES_SMTP_PORT=587"),
    Row("AUTH PLAIN <B24>", "AUTH PLAIN LOGIN"),
    Row("GET /?X-Amz-Signature=<H64>&X-Amz-Date=20261124", "GET /?X-Amz-Expires=60&X-Amz-Date=20261124"),
    Row("/?a=b&X-Amz-Security-Token=<A80>&c=d", "/?a=b&X-Amz-SignedHeaders=host&c=d"),
    Row("/?next=%2F%3FX-Amz-Signature%3D<H64>%26a%3Db", "/?next=%2F%3Fpage%3D2%26a%3Db"),
    Row("http://169.254.170.2/v2/credentials/<H32>", "http://169.254.170.2/v4/metadata/task"),
    Row("arn:aws:ecs:eu-west-1:<D>:task/live/0a3eb04e8d1c", "task/live/0a3eb04e8d1c44f0a6f0c5b8d2e97a11"),
    Row(
        "arn:aws:secretsmanager:eu-west-1:<D>:secret:db/main-a1B2c3",
        '{"Action": "secretsmanager:GetSecretValue", "secretArn": "arn:aws:secretsmanager:eu-west-1:***:secret:db-a1"}',
    ),
    Row(
        '{"name": "DB_PASSWORD", "value": "<P>"}',
        '{"name": "DB_HOST", "value": "db.internal"}, {"name": "DB_PASSWORD_FILE", "value": "/run/secrets/db"}',
    ),
    Row('{"value": "<P>", "name": "API_TOKEN"}', '{"value": "db.internal", "name": "DB_HOST"}'),
    Row(
        '{\n  "Name": "/live/db/password",\n  "Type": "SecureString",\n  "Value": "<P>"\n}',
        '{\n  "Name": "/live/db/host",\n  "Type": "String",\n  "Value": "db.internal"\n}',
    ),
    Row(
        '"{\\"name\\": \\"DB_PASSWORD\\", \\"value\\": \\"<P>\\"}"',
        '"{\\"name\\": \\"PORT\\", \\"value\\": \\"80\\"}"',
    ),
    Row("name=API_TOKEN,value=<P>", "name=API_HOST,value=live"),
    Row("- name: DB_PASSWORD\n  value: <P>\n", "- name: DB_HOST\n  value: db.internal\n"),
    # By their name.
    Row('{"client_secret": "<P>", "client_id": "web"}', '{"client_id": "web", "clientId": "acme"}'),
    Row('{"password":"<Q>","n":1}', '{"passed":"7 of 7","n":1}'),
    Row("{'refresh_token': '<U40>'}", "{'token_type': 'bearer', 'expires_in': 3600}"),
    Row("export DB_PASS=<P>", "export OLDPWD=/home/anna PWD=/workspace/acme"),
    Row("api-key: <A32>", "api-version: 2026-11-24"),
    Row("passphrase = <P>", "phrase = hunter2Really"),
    Row('{"text": "{\\"token\\": \\"<R>\\"}"}', '{"text": "{\\"tokens\\": 4096}"}'),
    Row("//registry.npmjs.org/:_authToken=<A36>", "//registry.npmjs.org/:always=true1"),
    Row("_auth=<B24>", "oauth_callback=/session/0a3eb04e/"),
    Row('{"auths": {"h": {"auth": "<B24>"}}}', '{"auths": {"h": {"author": "anna"}}}'),
    Row("Server=db;User Id=live;Password=<P>;Database=x", "Server=db;User Id=live;Database=x"),
    Row("Server=db;Uid=live;Pwd=<P>;", "Server=db;Uid=live;Port=1433;"),
    Row("AccountName=live;AccountKey=<B86>;EndpointSuffix=x", "AccountName=live;EndpointSuffix=x"),
    Row(
        "Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey=<B40>",
        "Endpoint=sb://x/;SharedAccessKeyName=root",
    ),
    Row("password=<P>&user=anna", "page=2&user=anna"),
    Row('<property name="db.password" value="<P>"/>', '<property name="db.user" value="live"/>'),
    Row('<property name="db.password"><P></property>', '<property name="db.user">live</property>'),
    Row("secret: |\n  <A40>\nother: x", "script: |\n  npm ci\nother: x"),
    Row("ConnectToken => '<P>'", "connected => 'yes'"),
    Row("password=${DB_PASSWORD} token=<P>", "password=${DB_PASSWORD} retries=4"),
    # Of a command, a header, an address, a file.
    Row("mysqladmin --password <P> ping", "docker login --password-stdin registry.example"),
    Row("x --secret-string '<P>' --name db", "x --secret-id-file /run/id --name db"),
    Row('["--token", "<P>", "--port", "80"]', '["--token-type", "bearer", "--port", "8080"]'),
    Row("--api-key=<A32> --verbose", "--api-version=2026 --verbose"),
    Row("curl -u anna:<P> https://h/", "docker run -u 1000:1000 image"),
    Row("sshpass -p <P> ssh h", "ssh -p 2222 h && docker run -p 8080:80 image"),
    Row("mysql -h db -p<P> live", "mysql -h db -P 3306 live"),
    Row("docker login -u anna -p <P>", "docker run -p 8080:80 login"),
    Row("Authorization: Bearer <U32>", "Bearer of news"),
    Row("Proxy-Authorization: Basic <B24>", "Proxy-Agent: Basic setup of a proxy"),
    Row("saw Basic <B24> twice", "Basic authentication is refused"),
    Row("{'X-Api-Key': '<A32>', 'x': 'y'}", "{'X-Service': 'session-api', 'x': 'y'}"),
    Row("X-Hub-Signature-256: <H64>", "ETag: 9f86d081884c7d659f86d081884c7d65"),
    Row("PRIVATE-TOKEN: <A20>", "PRIVATE-NETWORK: 10.0.0.0/16"),
    Row('{"name": "Set-Cookie", "value": "<P>"}', '{"name": "Server", "value": "awselb/2.0"}'),
    Row("JSESSIONID=<H32>; Path=/", "sessionId=0a3eb04e8d1c44f0a6f0c5b8d2e97a11; Path=/"),
    Row("#HttpOnly_h\tTRUE\t/\tTRUE\t1790000000\tAWSALB\t<B60>", "h\tTRUE\t/\tnone"),
    Row("redis://:<P>@cache:6379/0", "redis://cache:6379/0"),
    Row("mongodb+srv://anna:<P>@db.example/live", "https://127.0.0.1:8443/session/0a3eb04e/@vite/client"),
    Row("amqps://anna:<P>@mq", "http://[::1]:8443/session/0a3eb04e/@vite/client"),
    Row("https://<H32>@errors.example/1", "ssh://git@github.example/site.git"),
    Row("https://hooks.slack.com/services/<A44>", "https://hooks.example.com/services/list"),
    Row("https://discord.com/api/webhooks/<U60>", "https://discord.com/api/guilds/123"),
    Row("https://x.blob.example/c?sv=2026&sig=<A43>&se=2026", "https://x.blob.example/c?sv=2026&se=2026"),
    Row("https://h/back?code=<A40>&state=s", "https://h/back?codec=h264&state=s"),
    Row("wss://h/session/0a3eb04e/?token=<A12>", "wss://h/session/0a3eb04e/?tab=2"),
    Row("machine h login anna password <P>", "the machine h asks for a password again"),
    Row("machine h\n  login anna\n  password <P>\n", "machine h\n  port 80\n"),
    Row("db.example:5432:live:anna:<P>", "features/mail.feature:12: passed"),
    Row("$2b$12$<A53>", "$2 or $3"),
    Row("root:$6$<A86>:19000", "root:x:0:0:root:/root:/bin/sh"),
    Row("{SSHA}<B32>", "{SESSION}"),
    Row("requirepass <P>", "require modules"),
    Row(
        "-----BEGIN PRIVATE KEY-----<PEM>-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END",
    ),
    Row(
        "-----BEGIN OPENSSH PRIVATE KEY-----<PEM>-----END OPENSSH",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END",
    ),
    Row(
        "-----BEGIN PGP PRIVATE KEY BLOCK-----<PEM>-----END", "-----BEGIN PGP SIGNATURE-----\niQEz\n-----END"
    ),
    Row("Private-Lines: 2<K>", "Public-Lines: 2\nAAAAB3NzaC1yc2E"),
    Row(
        '{"kty":"EC","d":"<U43>","x":"abc"}',
        '{"crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}',
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text[:32])
def test_a_secret_is_masked_and_what_stands_beside_it_is_not(row: Row) -> None:
    assert mask(row.secret) == row.masked
    assert mask(row.masked) == row.masked
    assert mask(row.neighbour) == row.neighbour
    together = f"{'x ' * 200}\n{row.neighbour}\n{row.secret}\n{row.neighbour}\n"
    assert mask(together) == together.replace(row.secret, row.masked)


def test_a_secret_is_masked_in_a_json_text_too() -> None:
    assert mask('{"log": "a\\nghp_' + "a1B2" * 9 + '\\nb"}') == '{"log": "a\\nghp_***\\nb"}'
    assert mask('{"k": "-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END"}') == (
        '{"k": "-----BEGIN PRIVATE KEY-----***-----END"}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b of thread-0a3eb04e",
        "session 0a3eb04e8d1c44f0a6f0c5b8d2e97a11 took 12.345678901234 s, 1763912345678 ms",
        "https://live.example/session/Zk3Qw8LpN5vTx2RbYh7Jm4Gc/?page=2#top",
        "sha512-Zk3Qw8LpN5vTx2RbYh7Jm4GcZk3Qw8LpN5vTx2RbYh7Jm4GcZk3Qw8LpN5vTx2Rb==",
        "Then the customer's key takes part: 3 of 4",
    ],
)
def test_what_the_report_is_read_for_stays(text: str) -> None:
    assert mask(text) == text


_HOSTILE = [
    "token", "token ", "token=", "token:\\", "token=\"", "token='\\", "secret-", "_pass", "password:|\n ",
    "--token ", "cookie", "cookie:", "cookie=\"\\", "authorization: ", "\\ncookie=", "eyJ", "eyJ-", "eyJ.",
    "-eyJa.", "://", "://a:", "://a:b", "a.", "a+", "a-", "a:", "a:5432:", "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----", "private-lines: 2\n", "\"name\":\"", "\"name\":\"token\",\"",
    "\"value\":\"", "\"value\":\"x\",", "name token value ", "<token", "<a", "<token a", "<![CDATA[",
    "machine ", "machine a login ", "mysql ", "mysql -", " -u ", " -u a", "AKIA", "AKIAAAAAAAAAAAAA,",
    "ghp_", "SG.", "xoxb-", "sk-", "$2b$", "{SSHA}", "bearer ", "Basic ", "MAAAAAAAAAAAAAAAAAAAAAAAA.", "0",
    "123456789012", "9f", "\\", "\"", "'", "\\\"", "&", "&a", "&token=", ";", ",", "<", "\t",
    "a\tTRUE\t/\t", " ", "\n", "\r\n", "é", "ſecret=", "\"kty\"\"d\":\"", "hooks.slack.com/a/", "?sig=",
    "%26sig%3d", "auth plain ", "\"auth\":\"", "api_key", "a-123456789012",
]  # fmt: skip


def _cpu_s(work: Callable[[], object], rounds: int = 3) -> float:
    """The least processor time of some rounds: a neighbour on the machine does not count."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("unit", _HOSTILE, ids=repr)
def test_twice_the_text_takes_twice_the_time(unit: str) -> None:
    texts = [(unit * (size // len(unit) + 1))[:size] for size in (20_000, 40_000, 80_000)]
    once, _, four_times = (_cpu_s(lambda text=text: mask(text)) for text in texts)  # type: ignore[misc]
    assert four_times < 8 * once + 0.01, f"{once:.4f} s for 20 kB, {four_times:.4f} s for 80 kB of {unit!r}"


def _megabytes() -> dict[str, str]:
    rng = random.Random(7)
    size = 1_000_000
    return {
        "random": "".join(rng.choices(string.printable, k=size)),
        "base64": "".join(rng.choices(string.ascii_letters + string.digits + "+/", k=size)),
        "words": " ".join(
            rng.choices(["token", "secret", "a", "is", "key", "\n", "=", ":", "://"], k=size // 4)
        ),
        "blanks": " " * size,
        "one line": "x" * size,
        "tokens": "token" * (size // 5),
        "names": "token=a;" * (size // 8),
        "rows": "\n".join(row.secret for row in ROWS) * (size // sum(len(row.secret) + 1 for row in ROWS)),
    }


@pytest.mark.parametrize("kind", list(_megabytes()))
def test_a_megabyte_of_anything_takes_less_than_a_second(kind: str) -> None:
    text = _megabytes()[kind]
    # On a quiet machine splitting this into words takes about 0.01 s.
    plain = _cpu_s(lambda: re.findall(r"\w+", "a bc def " * 20_000))
    taken = _cpu_s(lambda: mask(text), rounds=1)
    assert taken < max(1.0, 100 * plain), f"{taken:.2f} s, {plain:.4f} s for splitting a text into words"
