"""No personal data in what a step wrote."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from cursus_readiness.rules.no_secrets import without
from cursus_readiness.rules.scanning import Form, ScanCheck
from cursus_readiness.rules.schemas import closed

_BEFORE, _AFTER = rb"(?<![\w.+-])", rb"(?![\w-]|\.\d)"
_EDGE = r"(?:^|[^0-9A-Za-z_.+-])"


def _passes_luhn(text: bytes) -> bool:
    """The check digit that every payment card has."""
    digits = [int(character) for character in text.decode() if character.isdigit()][::-1]
    doubled = [digit * 2 for digit in digits[1::2]]
    return sum(digits[::2] + [value - 9 if value > 9 else value for value in doubled]) % 10 == 0


def _passes_iban(text: bytes) -> bool:
    """The two check digits of ISO 13616."""
    compact = text.decode().replace(" ", "")
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


FORMS = {
    "e-mail address": Form(
        re.compile(rb"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"), (b"@",)
    ),
    "payment card": Form(
        re.compile(
            _BEFORE
            + rb"(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011|65\d{2})([ -]?)\d{4}\1\d{4}\1\d{4}"
            + _AFTER
            + rb"|"
            + _BEFORE
            + rb"3[47]\d{2}([ -]?)\d{6}\2\d{5}"
            + _AFTER
        ),
        sieve=_EDGE + r"(?:[2456][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}|3[47][0-9]{2}[ -]?[0-9]{6})",
        test=_passes_luhn,
    ),
    "social security number": Form(
        re.compile(_BEFORE + rb"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}" + _AFTER),
        sieve=_EDGE + r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}",
    ),
    "iban": Form(
        re.compile(rb"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
        sieve=r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}",
        test=_passes_iban,
    ),
    "phone number": Form(re.compile(rb"(?<![\w.+-])\+[1-9]\d{0,2}[ -]\(?\d{1,4}\)?(?:[ -]?\d{2,4}){2,4}\b"), (b"+",)),
}


class NoPersonalData:
    """``no_personal_data: true``: addresses, cards, numbers of accounts; ``{except: [iban]}`` leaves some out."""

    key = "no_personal_data"
    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [{"const": True}, closed({"except": {"type": "array", "items": {"enum": list(FORMS)}, "minItems": 1}})]
    }

    def parse(self, written: Any) -> ScanCheck:
        """Read ``true`` or what is left out."""
        return ScanCheck(without(FORMS, written))
