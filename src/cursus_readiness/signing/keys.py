"""Keys for signing: made, read, and refused when others can read them."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cursus_readiness.errors import CannotRunError, InvalidInputError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE_NAME, PUBLIC_NAME = "readiness.key", "readiness.pub"
_PRIVATE_MODE = 0o600


def require_cryptography() -> None:
    """Raise CannotRunError when the package that signs is not installed."""
    try:
        import cryptography  # noqa: F401 - an extra: a run needs no key
    except ImportError as error:
        fix = "pip install 'cursus-readiness[signing]'"
        raise CannotRunError("the package `cryptography` is not installed", fix=fix) from error


def generate(folder: Path) -> tuple[Path, str]:
    """Make a pair of keys in a folder: where the private one is, and the public one as text.

    Raises UsageError when there is a key already.
    """
    require_cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private, public = folder / PRIVATE_NAME, folder / PUBLIC_NAME
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE)
    except FileExistsError as error:
        raise UsageError(f"{private} is there already", fix="name another folder with --out") from error
    except OSError as error:
        raise CannotRunError(f"cannot write to {folder}: {error.strerror}", fix="choose another --out") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    text = public_text(key)
    public.write_text(f"{text}\n", encoding="ascii")
    return private, text


def read_private(path: Path) -> Ed25519PrivateKey:
    """The private key of a file.

    Raises InvalidInputError when it is none, or when others than its owner may read or write it.
    """
    require_cryptography()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        mode = path.stat().st_mode & 0o777
        content = path.read_bytes()
    except OSError as error:
        fix = "readiness keygen --out DIR makes one"
        raise InvalidInputError(f"{path}: the key cannot be read: {error.strerror}", fix=fix) from error
    if mode & 0o077:
        what = f"{path}: others may read or change this key (its permissions are {mode:04o})"
        raise InvalidInputError(what, fix=f"chmod 600 {path}, and make a new key if it was shared")
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise InvalidInputError(f"{path}: no private key without a passphrase", fix="readiness keygen") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInputError(f"{path}: a key of ed25519 is expected", fix="readiness keygen --out DIR")
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key, in base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")


def key_id(public_key: str) -> str:
    """What a public key is called: the sha256 of its bytes."""
    return hashlib.sha256(base64.b64decode(public_key)).hexdigest()


def read_public(path: Path) -> str:
    """The public key of a file, as ``readiness keygen`` writes it.

    Raises InvalidInputError when it is none.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
        if len(base64.b64decode(text, validate=True)) == 32:
            return text
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path}: no public key", fix=f"name the {PUBLIC_NAME} of a signer") from error
    raise InvalidInputError(f"{path}: no public key", fix=f"name the {PUBLIC_NAME} of a signer")
