"""A small web of the tests' own: pages that name a picture, which counts what is asked of it."""

import io
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image, ImageDraw

# Where the running Cairn of the tests may look (tests/conftest.py).
HOST = "127.0.0.2"
PAGE = """<!doctype html><title>{name} in a tab</title><meta property="og:title" content="{name} &amp; lamp">
<meta property="og:description" content="About {name}."><meta property="og:image" content="/{name}.png">
<h1 style="font: 90px sans-serif">LIGHTHOUSE {name}</h1>"""


@dataclass
class Web:
    """Where it is, and how often each path was asked for."""

    url: str
    asked: Counter[str] = field(default_factory=Counter)


def picture(words: str) -> bytes:
    """A picture with words in it."""
    drawn = Image.new("RGB", (640, 320), "white")
    ImageDraw.Draw(drawn).text((40, 120), words, fill="black", font_size=64)
    file = io.BytesIO()
    drawn.save(file, "PNG")
    return file.getvalue()


@contextmanager
def serving(host: str = HOST) -> Iterator[Web]:
    """Every page is there, except those whose name begins with `missing`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked[self.path] += 1
            name, _, kind = self.path[1:].partition(".")
            body = picture(f"LIGHTHOUSE {name}") if kind == "png" else PAGE.format(name=name).encode()
            self.send_response(404 if name.startswith("missing") else 200)
            self.send_header("Content-Type", "image/png" if kind == "png" else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((host, 0), Handler) as server:
        web = Web(f"http://{host}:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()
