"""The service on this machine, for as long as a block runs, and how to ask it. Given."""

from __future__ import annotations

import json
import queue
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tinytorch.mlops.extras import extra

_SECONDS = 30  # in which a server begins and answers
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy lies between


@dataclass(frozen=True)
class Answer:
    """What came over HTTP."""

    status: int  # 200: all is well; 4xx: the request is wrong; 5xx: the service is
    kind: str  # "application/json", or "text/plain" and more
    text: str

    def json(self) -> Any:
        """The text as Python values. Raises ValueError if it is no JSON."""
        return json.loads(self.text)


class Client:
    """Asks one service over HTTP. An error that the application met is raised here too."""

    def __init__(self, url: str, errors: queue.Queue[Exception] | None = None) -> None:
        self.url, self.errors = url, errors or queue.Queue()

    def get(self, path: str) -> Answer:
        """What is at a path."""
        return self._send(urllib.request.Request(self.url + path))

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to a body, which is sent as JSON."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._send(urllib.request.Request(self.url + path, json.dumps(body).encode(), sent))

    def _send(self, request: urllib.request.Request) -> Answer:
        try:
            with _DIRECT.open(request, timeout=_SECONDS) as answer:
                return _read(answer.status, answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                answer = _read(refusal.code, refusal)
        if answer.status == 500:
            with suppress(queue.Empty):  # the answer leaves before the error arrives
                raise self.errors.get(timeout=1)
        return answer


@contextmanager
def serving(app: Any) -> Iterator[Client]:
    """Answer over HTTP with an ASGI application while the block runs, on a port that is free.

    The server ends a moment after the block: nobody waits for it.
    """
    uvicorn = extra("uvicorn", "serving predictions over HTTP")
    errors: queue.Queue[Exception] = queue.Queue()
    quiet = {"log_config": None, "log_level": "critical"}  # the client tells of errors
    config = uvicorn.Config(_watched(app, errors), lifespan="off", **quiet)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))  # who asks before it is served waits
    sockets = {"sockets": [listener]}  # which the server closes
    threading.Thread(target=server.run, kwargs=sockets, daemon=True).start()
    try:
        yield Client(f"http://127.0.0.1:{listener.getsockname()[1]}", errors)
    finally:
        server.should_exit = True


def _read(status: int, answer: Any) -> Answer:
    return Answer(status, answer.headers["Content-Type"], answer.read().decode())


def _watched(app: Any, errors: queue.Queue[Exception]) -> Any:
    """The application, with a note of each error that it ends a request with."""

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            errors.put(error)
            raise

    return watched
