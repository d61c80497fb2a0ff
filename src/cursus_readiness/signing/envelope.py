"""DSSE envelopes: a payload with a signature over what it is and what it says.

The format is that of https://github.com/secure-systems-lab/dsse, version 1.0.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from cursus_readiness.errors import InvalidInputError
from cursus_readiness.signing.keys import key_id, public_text, require_cryptography

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def wrap(statement: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """The signed envelope of a statement."""
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signature = {"keyid": key_id(public_text(key)), "sig": _text(key.sign(_encoded(payload)))}
    return _dump({"payload": _text(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]})


def unwrap(text: str, where: str) -> dict[str, Any]:
    """The statement of an envelope whose signature is right by the key that the statement names.

    Whether that key is anybody's is another question. An envelope that is written in another way than ``wrap`` does
    was changed. Raises InvalidInputError.
    """
    require_cryptography()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        envelope = json.loads(text)
        payload = base64.b64decode(envelope["payload"], validate=True)
        (signature,) = envelope["signatures"]
        statement = json.loads(payload)
        public_key = statement["predicate"]["readiness"]["signer"]["public_key"]
        expected = {
            "payload": _text(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": key_id(public_key), "sig": _text(base64.b64decode(signature["sig"]))}],
        }
        if _dump(expected) != text:
            raise InvalidInputError(f"{where}: it was changed since it was signed")
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(signature["sig"]), _encoded(payload))
    except InvalidSignature as error:
        raise InvalidInputError(f"{where}: its signature is not that of its key") from error
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise InvalidInputError(f"{where}: it is no signed statement, or was changed") from error
    return dict(statement)


def _encoded(payload: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _dump(envelope: dict[str, Any]) -> str:
    return json.dumps(envelope, indent=1) + "\n"
