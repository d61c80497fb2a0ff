"""What gives a credential away: the name that it stands under, its own form, or how random it is."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"SECRET|TOKEN$|PASSW(OR)?D|(^|_)PWD?$|PASSPHRASE|CREDENTIAL|(PRIVATE|API|ACCESS|ENCRYPTION|SIGNING)_?KEY"
    r"|^AUTHORIZATION$"
)
_NO_SECRET_NAME = re.compile(
    r"^PWD$|^NO_SECRETS$|(^|_)(PAD|EOS|BOS|SEP|CLS|MASK|UNK|MAX|MIN|NUM|STOP)_TOKEN$"
    r"|_(NAME|ARN|PATH|FILE|DIR|FOLDER|UR[IL]|COLUMN|FIELD|HEADER|TYPE|LENGTH|SIZE|COUNT)S?$"
)
_DOUBTFUL_NAME = re.compile(r"KEY$|AUTH|SIGNATURE|SALT|SESSION|COOKIE|WEBHOOK|DSN$|CONNECTION|CERT")
_CHECKSUM_NAME = re.compile(r"SHA|HASH|CHECKSUM|DIGEST|ETAG|MD5|COMMIT|REVISION|FINGERPRINT|VERSION|(^|_)ID$|UUID|CODE")
_PLAIN = re.compile(r"|\*{3}|true|false|none|null|yes|no|-?\d{0,3}(\.\d+)?|arn:aws[\w-]*:\S*|s3://\S*", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9+/_=-]+")
_HEX = re.compile(r"[0-9a-f-]+|[0-9A-F-]+")
_SHORTEST_NAMED, _SHORTEST_ALONE, _SHORTEST_HEX = 20, 32, 32
_LEAST_BITS = 3.6  # a character; random base64 of these lengths has 4 and more
_LEAST_SWITCHES_RATIO = 0.4  # between capitals, small letters and digits; names have fewer, random base64 has 0.6


class _Form(NamedTuple):
    """A pattern, what replaces it, and texts (small letters) of which one must be there before it is tried."""

    pattern: re.Pattern[str]
    replacement: str
    marks: tuple[str, ...]


def _form(pattern: str, *marks: str, replacement: str = HIDDEN) -> _Form:
    return _Form(re.compile(pattern), replacement, marks)


_START = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"  # of a word, behind the escape of a line end or a tab, too
# No pattern ends in a quote or half an escape: stored JSON stays JSON.
_FORMS = (
    _form(rf"{_START}(?:AKIA|ASIA)[A-Z0-9]{{16}}(?![A-Za-z0-9])", "akia", "asia"),
    _form(
        r"(?i)(aws_?secret_?(?:access_?)?key\W{1,8})[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
        *("awssecret", "aws_secret"),
        replacement=rf"\1{HIDDEN}",
    ),
    _form(rf"{_START}(?:gh[pousr]_[A-Za-z0-9]{{36,}}|github_pat_\w{{22,}})", "gh", "github_pat_"),
    _form(rf"{_START}gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\w-]{{20,}}", "gl"),
    _form(rf"{_START}(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{{10,}}", "xox", "xapp-"),
    _form(r"(hooks\.slack\.com/(?:services|workflows)/)[\w/-]+", "hooks.slack.com", replacement=rf"\1{HIDDEN}"),
    _form(rf"{_START}(?:[sr]k_(?:live|test)_[A-Za-z0-9]{{16,}}|whsec_[A-Za-z0-9+/=]{{20,}})", "k_", "whsec_"),
    _form(rf"{_START}(?<!-)sk-(?:[A-Za-z0-9]{{32,}}|(?:proj|svcacct|admin|ant-[a-z0-9]+)-[\w-]{{20,}})", "sk-"),
    _form(rf"{_START}(?<!_)(?:hf|npm)_[A-Za-z0-9]{{30,}}", "hf_", "npm_"),
    _form(rf"{_START}(?<!-)(?:AIza[\w-]{{35}}|pypi-AgE[\w-]{{50,}})", "aiza", "pypi-"),
    _form(rf"{_START}eyJ[A-Za-z0-9_-]{{8,}}\.eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]*", "eyj"),
    _form(
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        r"(?:\\+[nrt]|[A-Za-z0-9+/=:,.\s]|-(?!----))*(?:-----END [A-Z0-9 ]+-----)?",
        "private key",
    ),
    _form(r"(://)[^\s/:@\"'\\]{0,64}:[^\s/\"'\\]{1,200}(@)", "://", replacement=rf"\1{HIDDEN}\2"),
    _form(
        r"(?i)(\bauthorization\W{1,8}(?:bearer|basic|token)\s+|\bbearer\s+(?=[\w.~+/=-]*\d))[\w.~+/=-]{8,}",
        *("authorization", "bearer"),
        replacement=rf"\1{HIDDEN}",
    ),
    _form(r"(?i)(X-Amz-(?:Signature|Security-Token|Credential)=)[^\s&\"'\\]+", "x-amz-", replacement=rf"\1{HIDDEN}"),
)
_FORMS_BY_MARK = [(mark, form.pattern, form.replacement) for form in _FORMS for mark in form.marks]
_SECRET_WORDS = ("secret", "token", "passw", "pwd", "pw=", "passphrase", "credential", "key")
_NAMED = re.compile(
    r"(?<![\w-])(-{0,2}([A-Za-z_][\w-]{0,80})(\\*[\"']?)\s?(?:=>?|:)\s?(\\*[\"']?))((?![<({\[])[^\s\"'\\,;&]{4,})"
)


def hide_forms(text: str) -> str:
    """A text without the credentials that are known by their own form; JSON stays JSON."""
    small = text.lower()
    for mark, pattern, replacement in _FORMS_BY_MARK:
        if mark in small:
            text = pattern.sub(replacement, text)
    return text


def hide_told(text: str) -> str:
    """What a program told, without credentials: known by their form, or by the name before ``=`` or ``:``."""
    text = hide_forms(text)
    if not _has_secret_word(text):
        return text
    return "\n".join(_NAMED.sub(_hidden_pair, line) if _has_secret_word(line) else line for line in text.split("\n"))


def _has_secret_word(text: str) -> bool:
    small = text.lower()
    return any(word in small for word in _SECRET_WORDS)


def _hidden_pair(match: re.Match[str]) -> str:
    before, name, _, quote, value = match.groups()
    is_sentence = "=" not in before and not quote and (value.isalpha() or not any(map(str.isalnum, value)))
    return match[0] if is_sentence or not is_secret(name, value) else before + HIDDEN


def is_secret(name: str, value: str) -> bool:
    """Whether the value of a variable, argument or hyperparameter must not be stored.

    Under a name like PASSWORD everything is but flags, short numbers, ARNs and S3 URIs. Elsewhere long random-looking
    text is, shorter under a name like AUTH; hexadecimal only there, as commits and checksums are hexadecimal too.
    """
    if _PLAIN.fullmatch(value):
        return False
    kind = _kind_of_name(name)
    if kind == "secret":
        return True
    if kind == "doubtful":
        return is_random(value, _SHORTEST_NAMED) or (len(value) >= _SHORTEST_HEX and bool(_HEX.fullmatch(value)))
    return kind == "other" and is_random(value, _SHORTEST_ALONE)


def is_random(value: str, shortest: int) -> bool:
    """Whether a text looks like random base64: one word, of all kinds of characters, in no order."""
    if len(value) < shortest or not _WORD.fullmatch(value) or _HEX.fullmatch(value):
        return False
    kinds = ["A" if char.isupper() else "a" if char.islower() else "0" for char in value if char.isalnum()]
    switches = sum(kind != after for kind, after in pairwise(kinds))
    return len(set(kinds)) == 3 and switches >= _LEAST_SWITCHES_RATIO * len(value) and _bits(value) >= _LEAST_BITS


def _bits(value: str) -> float:
    """Entropy of a character, in bits."""
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares)


@lru_cache(maxsize=4096)  # the steps of a pipeline have the same names
def _kind_of_name(name: str) -> str:
    upper = name.strip("-").replace("-", "_").upper()
    if _SECRET_NAME.search(upper) and not _NO_SECRET_NAME.search(upper):
        return "secret"
    if _CHECKSUM_NAME.search(upper):
        return "checksum"
    return "doubtful" if _DOUBTFUL_NAME.search(upper) else "other"
