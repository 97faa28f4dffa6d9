"""A person's browser, as far as setting up the demo needs one: signs in through the emulator and calls the gateway's
API.
"""

import json
import ssl
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from uuid import uuid4

from matchbook_local.errors import LocalError

TIMEOUT_SECONDS = 60
ATTEMPTS = 10


class Gateway:
    """`url` without a trailing slash; `ca_file` the certificate authority of the emulator's sign-in pages."""

    def __init__(self, url: str, ca_file: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(
            # No proxy: one that is set for the machine must not be asked for loopback.
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file)),
            urllib.request.HTTPCookieProcessor(CookieJar()),
        )

    def sign_in(self, login_hint: str) -> None:
        """Raises LocalError when the sign-in does not end with a session."""
        self._call(urllib.request.Request(f"{self._url}/auth/sign-in?login_hint={login_hint}"))  # noqa: S310 - ours
        self.get("/api/me")

    def get(self, path: str) -> Any:
        return self._json(self._call(urllib.request.Request(self._url + path)))  # noqa: S310

    def post(self, path: str, body: Any) -> Any:
        return self._send(path, json.dumps(body).encode(), "application/json")

    def upload(self, path: str, file: Path) -> Any:
        """Send a CSV as a browser's form does, in the field `file`."""
        boundary = uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        )
        body = head.encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        return self._send(path, body, f"multipart/form-data; boundary={boundary}")

    def _send(self, path: str, body: bytes, content_type: str) -> Any:
        headers = {"Content-Type": content_type, "X-Matchbook": "1"}
        return self._json(self._call(urllib.request.Request(self._url + path, body, headers)))  # noqa: S310

    def _call(self, request: urllib.request.Request) -> bytes:
        for attempt in range(ATTEMPTS):
            try:
                with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                    return bytes(response.read())
            except urllib.error.HTTPError as error:
                # 503 asks to come again; nothing was taken.
                if error.code != 503 or attempt == ATTEMPTS - 1:  # noqa: PLR2004
                    raise _refusal(request, error) from error
                time.sleep(float(error.headers.get("Retry-After") or 1))
            except OSError as error:
                raise LocalError(f"The gateway did not answer {_name(request)}: {error}.") from error
        raise AssertionError("unreachable")

    @staticmethod
    def _json(body: bytes) -> Any:
        return json.loads(body)


def _refusal(request: urllib.request.Request, error: urllib.error.HTTPError) -> LocalError:
    said = error.read().decode(errors="replace").strip()[:500]
    return LocalError(f"The gateway answered {_name(request)} with {error.code}: {said or error.reason}")


def _name(request: urllib.request.Request) -> str:
    return f"{request.get_method()} {request.selector.split('?')[0]}"
