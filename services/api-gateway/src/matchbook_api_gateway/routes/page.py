"""The web page: built files with long lives, and its one document for every address that is its own."""

from html import escape
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse

from matchbook_api_gateway.errors import not_found
from matchbook_api_gateway.routes.access import Public, Service

router = APIRouter(include_in_schema=False)
# Not the page's: an address below these that no route knows is a mistake, and must not answer with a page.
RESERVED = frozenset({"api", "auth", "health", "metrics"})
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}


@router.get("/{path:path}")
async def read_page(path: str, _: Public, gateway: Service) -> Response:
    """A built file, or the page's document."""
    if path.split("/", 1)[0] in RESERVED:
        raise not_found()
    folder = gateway.settings.static_folder
    file = _built_file(folder, path)
    if file is not None:
        return FileResponse(file, headers=_FOR_EVER if path.startswith("assets/") else _ASK_AGAIN)
    if path.startswith("assets/"):
        raise not_found()
    document = folder / "index.html"
    if not document.is_file():
        return HTMLResponse(_UNBUILT, 503, headers=_ASK_AGAIN)
    return FileResponse(document, headers=_ASK_AGAIN)


def _built_file(folder: Path, path: str) -> Path | None:
    """The file of that name inside the folder, never outside of it."""
    if not path or "\x00" in path:
        return None
    file = (folder / path).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None


def failure_page(reason: str) -> str:
    """A plain page for a sign-in that did not succeed."""
    return _document(
        "Sign-in did not succeed",
        f"<p>{escape(reason)}</p><p><a href='/auth/sign-in'>Try again</a> · <a href='/'>Back</a></p>",
    )


def _document(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title} · Matchbook</title></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )


_UNBUILT = _document(
    "The page is not built",
    "<p>Run <code>make ui</code> in the repository, then load this address again. The API works without it: "
    "<a href='/api/openapi.json'>its description</a>.</p>",
)
