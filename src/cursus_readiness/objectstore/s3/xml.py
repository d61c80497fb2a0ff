"""XML as S3 writes and reads it."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cursus_readiness.objectstore.s3.errors import S3Error

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def text(name: str, value: str | int) -> str:
    """An element with text; characters that XML cannot hold are replaced."""
    return f"<{name}>{escape(_NOT_XML.sub(_REPLACEMENT, str(value)))}</{name}>"


def node(name: str, *children: str) -> str:
    """An element with elements."""
    return f"<{name}>{''.join(children)}</{name}>"


def document(name: str, *children: str, namespace: str | None = NAMESPACE) -> bytes:
    """A whole document."""
    attribute = f' xmlns="{namespace}"' if namespace else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}{attribute}>{"".join(children)}</{name}>'.encode()


def parse(content: bytes) -> ElementTree.Element:
    """The root of a document, names without their namespace.

    Raises S3Error (``MalformedXML``) for anything else, and for a document type: entities can be declared there.
    """
    try:
        written = content.decode()
        if "<!DOCTYPE" in written:
            raise S3Error("MalformedXML")
        root = ElementTree.fromstring(written)  # noqa: S314 - without a document type there are no entities to expand
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise S3Error("MalformedXML") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root
