"""Mails as they come from odd programs and from hostile people, and mutations of them by a seed.

`python -m tests.acceptance.journeys.odd_mail COUNT` reads that many and tells what became of them.
"""

from __future__ import annotations

import collections
import random
import sys
import time

from sandbox.services.session_api import letters

SAMPLES = [
    b"From: A <a@example.com>\nTo: edit+acme@edit.preview.example\nSubject: Hi\nMessage-ID: <1@example.com>\n\nBlue\n",
    b'From: "A, B" <a@example.com>\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =?iso-8859-1?b?5A==?=\n'
    b"References: <r@x>\n <s@x>\n"
    b'Content-Type: text/plain; charset="iso-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n',
    b'From: a@example.com\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="b"\n\n--b\n'
    b"Content-Type: text/plain; charset*0*=utf-8''u; charset*1=x\n\nplain\n--b\n"
    b"Content-Type: text/html\n\n<p>html &amp; so</p>\n--b--\n",
    b"From: a@example.com (comment (nested))\nDate: Mon, 31 Feb 2026 25:61:00 +9999\nMessage-ID: <[a]@>\n"
    b"Content-Disposition: attachment; filename*=utf-8''%E2%82\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
    b"Content-Type: message/rfc822\n\nFrom: b@example.com\n\ninner\n--x\n"
    b"Content-Transfer-Encoding: base64\n\nQmx1ZQ=\n--x--\n",
]
_TOKENS = (
    *(
        b"\x00",
        b"\xff",
        b"\r",
        b"\n",
        b"\n\n",
        b"=?",
        b"?=",
        b"=?utf-8?b?",
        b"=?x?q?=",
        b"<",
        b">",
        b'"',
        b"\\",
        b"(",
        b")",
    ),
    *(
        b"@",
        b"[",
        b"]",
        b":",
        b";",
        b"''",
        b"*0*=",
        b"--b\n",
        b"--b--\n",
        b"--x\n",
        b"%",
        b"=",
        b"\xc3\x28",
        b"\xed\xa0\x80",
    ),
    *(
        b"From: ",
        b"Message-ID: <[",
        b"Content-Type: ",
        b"charset=",
        b"Content-Transfer-Encoding: ",
        b"Date: ",
        b"To: ;:",
    ),
)


def mutated(seed: int) -> bytes:
    """One of the samples with up to six places changed."""
    chance = random.Random(seed)
    raw = chance.choice(SAMPLES)
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(raw) + 1), chance.choice([0, 0, 1, 2, 8, 40])
        new = chance.choice([b"", chance.choice(_TOKENS) * chance.choice([1, 1, 2, 50]), chance.randbytes(3)])
        raw = raw[:at] + new + raw[at + length :]
    return raw


def outcome(raw: bytes) -> str:
    """What became of it; whatever else is raised is a crash."""
    try:
        letters.read(raw)
    except letters.Unreadable as reason:
        return f"dropped: {str(reason).split(',', maxsplit=1)[0]}"
    return "read"


def main(count: int) -> None:
    """Read so many, and tell the counts and the longest time."""
    told: collections.Counter[str] = collections.Counter()
    longest_s = 0.0
    for seed in range(count):
        began = time.perf_counter()
        told[outcome(mutated(seed))] += 1
        longest_s = max(longest_s, time.perf_counter() - began)
    sys.stdout.write(f"{count} mails, the longest {1000 * longest_s:.0f} ms: {dict(told)}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
