"""Is a run folder as it was signed, and by those who must sign?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.model.policy import TrustedSigner
from cursus_readiness.model.signature import Signature
from cursus_readiness.signing.envelope import unwrap
from cursus_readiness.signing.statement import PREDICATE_TYPE, STATEMENT_TYPE, run_sums, signature_of
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.sealing import sha256_of

SUFFIX = ".dsse.json"
PAGE_SUM = "page.sha256"


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: who signed, and what is not as it was signed (``place: what``)."""

    signatures: tuple[Signature, ...]
    problems: tuple[str, ...]

    @property
    def are_all_trusted(self) -> bool:
        """Whether every signature is by a key that somebody vouched for."""
        return bool(self.signatures) and all(item.is_trusted for item in self.signatures)


def verify_run(
    layout: RunLayout,
    *,
    trusted: Sequence[TrustedSigner] = (),
    keys: Sequence[str] = (),
    required_roles: Sequence[str] = (),
) -> Verification:
    """Compare a run folder with every statement under it.

    ``trusted`` are the signers of a policy, each for a role; ``keys`` are public keys that count for any. They come
    from whoever verifies: what the folder says of itself proves nothing.
    """
    problems: list[str] = []
    signatures: list[Signature] = []
    sums = run_sums(layout)
    statements = []
    for path in sorted(layout.signatures.glob("*")) if layout.signatures.is_dir() else ():
        where = f"{layout.signatures.name}/{path.name}"
        if path.name == PAGE_SUM:
            continue
        try:
            statement = _statement(path.read_text(encoding="utf-8"), where)
            signatures.append(signature_of(statement, is_trusted=_is_trusted(statement, trusted, keys)))
            statements.append(statement)
        except (InvalidInputError, OSError, ValueError) as error:
            problems.append(error.message if isinstance(error, InvalidInputError) else f"{where}: it was changed")
    for statement in statements:
        problems += _differences(statement, sums)
    problems += _page_problems(layout)
    if not statements and not problems:
        problems.append(f"{layout.folder.name}: nobody has signed it")
    signed = {item.role for item in signatures if item.is_trusted is not False}
    problems += [f"the role {role} has not signed" for role in required_roles if role not in signed]
    return Verification(tuple(signatures), tuple(dict.fromkeys(problems)))


def _statement(text: str, where: str) -> dict[str, Any]:
    statement = unwrap(text, where)
    if (statement.get("_type"), statement.get("predicateType")) != (STATEMENT_TYPE, PREDICATE_TYPE):
        raise InvalidInputError(f"{where}: it is a statement of another kind")
    return statement


def _is_trusted(statement: Mapping[str, Any], trusted: Sequence[TrustedSigner], keys: Sequence[str]) -> bool | None:
    """Whether a signer may sign in this role; ``None`` when nobody said who may."""
    if not trusted and not keys:
        return None
    signer = statement["predicate"]["readiness"]["signer"]
    known = any((item.name, item.role, item.public_key) == tuple(signer[key] for key in _SIGNER) for item in trusted)
    return known or signer["public_key"] in keys


_SIGNER = ("name", "role", "public_key")


def _differences(statement: Mapping[str, Any], sums: Mapping[str, str]) -> Iterator[str]:
    signed = {item["name"]: item["digest"]["sha256"] for item in statement["subject"]}
    for name in sorted(signed.keys() | sums.keys()):
        if name not in sums:
            yield f"{name}: it was lost"
        elif name not in signed:
            yield f"{name}: it was added"
        elif signed[name] != sums[name]:
            yield f"{name}: it was changed"


def _page_problems(layout: RunLayout) -> Iterator[str]:
    """The page with the signatures is a view of what is signed: it is not signed itself, but compared with its sum."""
    noted = layout.signatures / PAGE_SUM
    if not layout.signed_page.is_file() and not noted.is_file():
        return
    try:
        is_same = noted.read_text(encoding="ascii") == page_sum(layout)
    except (OSError, UnicodeDecodeError):
        is_same = False
    if not is_same:
        yield f"{layout.signed_page.name}: it or signatures/{PAGE_SUM} was changed"


def page_sum(layout: RunLayout) -> str:
    """The sum of the page with the signatures, as `sha256sum` writes it."""
    return f"{sha256_of(layout.signed_page)}  ../{layout.signed_page.name}\n"
