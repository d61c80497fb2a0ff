"""No credentials in what a step wrote."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from cursus_readiness.rules.base import RuleSyntaxError, fields, texts
from cursus_readiness.rules.scanning import Form, ScanCheck
from cursus_readiness.rules.schemas import closed

_QUOTED = rb"""["']?\s*[:=]\s*["']?"""
FORMS = {
    "aws access key": Form(re.compile(rb"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"), (b"AKIA", b"ASIA")),
    "aws secret key": Form(
        re.compile(rb"(?i)aws_?secret_?(?:access_?)?key" + _QUOTED + rb"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"),
        (b"ecret", b"ECRET"),
    ),
    "private key": Form(re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"), (b"PRIVATE KEY",)),
    "github token": Form(re.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})\b"), (b"gh", b"github_pat_")),
    "slack token": Form(re.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{10,}"), (b"xox",)),
    "json web token": Form(re.compile(rb"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"), (b"eyJ",)),
    "password in a url": Form(
        re.compile(rb"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"']{1,64}:[^\s/:@\"']{3,64}@"), (b"://",)
    ),
    "password": Form(
        re.compile(rb"""(?i)\b(?:password|passwd|api_?key|secret|auth_?token)["']?\s*[:=]\s*["'][^"'\s]{8,}["']"""),
        tuple(
            word for name in (b"assw", b"api", b"secret", b"token") for word in (name, name.upper(), name.capitalize())
        ),
    ),
}


class NoSecrets:
    """``no_secrets: true``: keys of AWS, private keys, tokens, passwords; ``{except: [password]}`` leaves some out."""

    key = "no_secrets"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [{"const": True}, closed({"except": {"type": "array", "items": {"enum": list(FORMS)}, "minItems": 1}})]
    }

    def parse(self, written: Any) -> ScanCheck:
        """Read ``true`` or what is left out."""
        return ScanCheck(without(FORMS, written))


def without(forms: dict[str, Form], written: Any) -> dict[str, Form]:
    """The forms to look for, as ``true`` or ``{except: [...]}`` says.

    Raises RuleSyntaxError.
    """
    if written is True:
        return forms
    left_out = texts(fields(written, "true or {except: [...]}", required=("except",))["except"], "a kind")
    unknown = [name for name in left_out if name not in forms]
    if unknown or len(left_out) == len(forms):
        raise RuleSyntaxError(f"except: some of {', '.join(forms)} are expected")
    return {name: form for name, form in forms.items() if name not in left_out}
