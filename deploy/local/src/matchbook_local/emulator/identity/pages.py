"""The three small pages a person may see."""

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping

from aiohttp import web

from matchbook_local.emulator.world.model import Person

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;background:#f3f5f8;color:#1b2733;margin:0;
display:grid;place-items:center;min-height:100vh}
main{background:#fff;padding:2rem;border-radius:8px;box-shadow:0 2px 12px #0002;width:min(26rem,88vw)}
h1{font-size:1.25rem;margin:0 0 .25rem}
p{margin:.25rem 0 1rem;color:#4a5866;overflow-wrap:anywhere}
button{display:block;width:100%;text-align:left;font:inherit;padding:.75rem 1rem;margin:.5rem 0;
border:1px solid #b8c2cc;border-radius:6px;background:#fff;cursor:pointer}
button:hover,button:focus-visible{border-color:#0a5cc2;outline:2px solid #0a5cc2}
small{display:block;color:#4a5866}
"""
SUBMIT = "document.forms[0].submit()"


def people_page(people: Iterable[Person], organization: str) -> web.Response:
    choices = "".join(
        f'<button name="person" value="{html.escape(p.id)}"><strong>{html.escape(p.role)}</strong>'
        f"<small>{html.escape(p.name)} · {html.escape(p.upn)}</small></button>"
        for p in people
    )
    return _page(
        "Sign in",
        f"<h1>Sign in</h1><p>{html.escape(organization)} (emulated Microsoft sign-in, no password needed)</p>"
        f'<form method="post">{choices}</form>',
    )


def message_page(title: str, text: str, status: int = 200) -> web.Response:
    return _page(title, f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>", status=status)


def form_post_page(action: str, values: Mapping[str, str]) -> web.Response:
    fields = "".join(
        f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">' for k, v in values.items()
    )
    form = f'<form method="post" action="{html.escape(action)}">{fields}<button>Continue</button></form>'
    return _page("Working…", f"{form}<script>{SUBMIT}</script>")


def _page(title: str, body: str, status: int = 200) -> web.Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )
    policy = f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SUBMIT)}; frame-ancestors 'none'"
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=headers)


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
