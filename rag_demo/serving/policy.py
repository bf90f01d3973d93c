"""The headers of every response, and the Content-Security-Policy that the page works under.

Every inline script of gradio's HTML gets the response's nonce, so a script that somebody's text smuggled in does not run,
nor do event attributes. 'unsafe-eval' stays: gradio compiles its components' templates. Styles may be inline: the bars'
widths are. Nothing is loaded from, or sent to, another host."""

import re
import secrets

from rag_demo.serving.asgi import App, Message, Receive, Scope, Send

FRAMES = "'self' https://huggingface.co https://*.hf.space"  # who may show the page in a frame: a Space's own page

PLAIN_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # a permalink holds its question
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_SCRIPT = re.compile(rb"<script(?=[\s>])")  # in gradio's JSON every < is escaped, so this finds only its own


def policy(nonce: str) -> str:
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {FRAMES}",
        )
    )


class Policy:
    """ASGI, inside gradio's own compression."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce, page = secrets.token_urlsafe(16), scope["path"] == "/"
        held: Message | None = None
        parts: list[bytes] = []

        async def with_policy(message: Message) -> None:
            """The page's HTML is held until it is whole, for its scripts' nonce; everything else streams."""
            nonlocal held
            if message["type"] == "http.response.start":
                content = (b"content-security-policy", policy(nonce).encode())
                message["headers"] = [*message.get("headers", ()), *PLAIN_HEADERS, content]
                if page and _is_html(message["headers"]):
                    held = message
                    return
            elif held is not None and message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
                if message.get("more_body"):
                    return
                body = _SCRIPT.sub(b'<script nonce="%b"' % nonce.encode(), b"".join(parts))
                kept = [pair for pair in held["headers"] if pair[0].lower() != b"content-length"]
                await send(held | {"headers": [*kept, (b"content-length", str(len(body)).encode())]})
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, with_policy)


def _is_html(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers)
