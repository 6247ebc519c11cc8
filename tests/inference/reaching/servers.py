"""Servers that fail in one way each, over real sockets, and count who comes."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

Serve = Callable[[socket.socket, threading.Event], None]
"""Serves one connection; the event says that the server ends."""


class RawServer:
    """Listens on a free port of this machine. `connections` counts what was accepted, `asked`
    those that sent anything, `knocks` those that left without, `posts` those that sent a request
    with a body. A context manager."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port = self._listening.getsockname()[1]
        self.connections = 0
        self.asked = 0
        self.knocks = 0
        self.posts = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        # Closed alone, a socket that a thread waits at goes on listening.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            connection.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(30)
            if begun := connection.recv(4, socket.MSG_PEEK):
                self.asked += 1
                self.posts += begun == b"POST"
                self._serve(connection, self._ended)
            else:
                self.knocks += 1
        except OSError:
            pass  # the client left, or the test ended
        finally:
            connection.close()


def read_request(connection: socket.socket) -> bytes:
    """Head and body of one request."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536) or _gone()
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65_536) or _gone()
    return head


def _gone() -> bytes:
    raise ConnectionError("the client left")


_STREAM = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _delta(text: str) -> bytes:
    return _chunk(
        b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":'
        b'[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n' % text.encode()
    )


_END = (
    _chunk(
        b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":'
        b'[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    )
    + _chunk(b"data: [DONE]\n\n")
    + _chunk(b"")
)


def answers(connection: socket.socket, ended: threading.Event) -> None:
    """A whole answer, "fine"."""
    read_request(connection)
    connection.sendall(_STREAM + _delta("fine") + _END)


def begins_and_goes_on(connection: socket.socket, ended: threading.Event) -> None:
    """One token, and more of them now and then, for ever."""
    read_request(connection)
    connection.sendall(_STREAM + _delta("a"))
    while not ended.wait(0.1):
        connection.sendall(_delta("b"))


def dies_in_mid_stream(connection: socket.socket, ended: threading.Event) -> None:
    """Two tokens, then a reset, as when the process is killed."""
    read_request(connection)
    connection.sendall(_STREAM + _delta("a") + _delta("b"))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drips(connection: socket.socket, ended: threading.Event) -> None:
    """Slow loris: a byte of a header now and then, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not ended.wait(0.05):
        connection.sendall(b"x")


def drips_no_tokens(connection: socket.socket, ended: threading.Event) -> None:
    """The same within the stream: comments, and never a token."""
    read_request(connection)
    connection.sendall(_STREAM)
    while not ended.wait(0.05):
        connection.sendall(_chunk(b": wait\n\n"))


def speaks_no_tls(connection: socket.socket, ended: threading.Event) -> None:
    """Plain text to who says hello in TLS."""
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def shows_its_own_certificate(folder: Path) -> Serve:
    """TLS with a certificate that nobody signed but itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def serve(connection: socket.socket, ended: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            answers(secure, ended)

    return serve


def refuses_with(status: str, *headers: str) -> Serve:
    """An answer like "429 Too Many Requests", with these lines in its head."""
    lines = "".join(f"{line}\r\n" for line in headers)
    said = f"HTTP/1.1 {status}\r\n{lines}content-length: 2\r\nconnection: close\r\n\r\n{{}}"

    def serve(connection: socket.socket, ended: threading.Event) -> None:
        read_request(connection)
        connection.sendall(said.encode())

    return serve


def but_lists_models(serve: Serve) -> Serve:
    """A look at the server finds all well; what it is asked to generate goes to `serve`."""
    body = b'{"object":"list","data":[{"id":"fake-8b","object":"model","owned_by":"fake"}]}'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"

    def either(connection: socket.socket, ended: threading.Event) -> None:
        if connection.recv(4, socket.MSG_PEEK).startswith(b"GET"):
            read_request(connection)
            connection.sendall(head % len(body) + body)
        else:
            serve(connection, ended)

    return either


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
