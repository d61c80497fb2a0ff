"""A webhook that takes what Slack's incoming webhooks take: ``{"text": ...}``."""

from __future__ import annotations

import http.client
import json
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cursus_readiness.channels.base import News, NotToldError
from cursus_readiness.errors import UsageError

_TIMEOUT_S = 10.0
_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})  # as Slack asks for


class Webhook:
    """Posts a message when the verdict changes. The address is a secret: it is never shown, its host is."""

    name = "webhook"
    is_for_changes = True

    def __init__(self, url: str, *, timeout_s: float = _TIMEOUT_S) -> None:
        """Raises UsageError for what is no address of the web."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                "the webhook is no http or https address", fix="set READINESS_WEBHOOK_URL to the whole of it"
            )
        self._url, self._host, self._timeout_s = url, parts.hostname, timeout_s

    def tell(self, news: News) -> None:
        """Post the text. Raises NotToldError, also for a redirection: the body would not go with it."""
        body = json.dumps({"text": news.text.translate(_SPECIAL)}).encode()
        request = Request(self._url, data=body, headers={"Content-Type": "application/json"}, method="POST")  # noqa: S310 - the scheme was looked at
        try:
            with build_opener(_NoRedirection).open(request, timeout=self._timeout_s) as answer:
                answer.read()
        except HTTPError as error:
            with error:
                raise NotToldError(f"{self._host} answered {error.code} {error.reason}") from None
        except (URLError, OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise NotToldError(f"{self._host} cannot be reached: {reason or type(error).__name__}") from None


class _NoRedirection(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow none."""
