"""Dumps from and to a running network, over HTTP."""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from zero_sdk.cli.progress import Progress
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.node_url import connection_to, node_parts

PATIENCE = 3600.0
"""Seconds that a network has to write a large dump, or to make a network of one."""

_CHUNK = 1024 * 1024
_DIGEST = 32
_HEADERS = {"X-Zero-Request": "1"}
_PROBLEMS = {
    "NOT_A_DUMP": Problem.DUMP_FOREIGN,
    "NEWER_FORMAT": Problem.DUMP_NEWER,
    "DAMAGED": Problem.DUMP_DAMAGED,
    "OTHER_NETWORK": Problem.DUMP_OTHER_NETWORK,
    "TOO_LARGE": Problem.DUMP_TOO_LARGE,
    "SPOOL": Problem.DUMP_NO_SPACE,
    "WRITE": Problem.DUMP_NO_SPACE,
}


def download(url: str, level: int, sink: BinaryIO) -> int:
    """Writes a dump of the network at `url` into `sink`; gives its size in bytes. Raises ZeroError, also
    where it did not come whole."""
    with Progress("dumping") as progress, _connection(url) as (connection, where):
        connection.request("GET", f"/network/dump?level={level}", headers=_HEADERS)
        reply = connection.getresponse()
        if reply.status != 200:
            raise _refusal(where, reply)
        total = int(reply.headers.get("Content-Length", 0))
        progress.expect(total)
        digest = hashlib.sha256()
        held = b""
        size = 0
        while chunk := reply.read(_CHUNK):
            sink.write(chunk)
            held += chunk
            digest.update(held[:-_DIGEST])
            held = held[-_DIGEST:]
            size += len(chunk)
            progress.add(len(chunk))
        if size != total or digest.digest() != held:
            raise ZeroError(Problem.DUMP_DAMAGED, f"{where}: the dump did not come whole", "try it again")
        return size


def upload(url: str, source: BinaryIO, size: int) -> Any:
    """Loads a dump of `size` bytes into the network at `url`; gives what the network answers. Raises
    ZeroError."""
    with Progress("sending", size) as progress, _connection(url) as (connection, where):
        connection.putrequest("POST", "/network/load")
        for name, value in {**_HEADERS, "Content-Length": str(size)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        sent = 0
        try:
            while sent < size and (chunk := source.read(min(_CHUNK, size - sent))):
                connection.send(chunk)
                sent += len(chunk)
                progress.add(len(chunk))
        except (BrokenPipeError, ConnectionResetError):
            # The network refused it before it had come whole, and says why.
            sent = size
        if sent < size:
            raise ZeroError(
                Problem.FILE_UNREADABLE, f"the file became shorter while it was read: {sent} bytes"
            )
        progress.say("loading")
        reply = connection.getresponse()
        if reply.status != 200:
            raise _refusal(where, reply)
        return json.loads(reply.read())


@contextmanager
def _connection(url: str) -> Iterator[tuple[http.client.HTTPConnection, str]]:
    """A connection to the network that `url` is an address in, and the network's address in words."""
    parts = node_parts(url)
    if parts is None:
        raise ZeroError(
            Problem.BAD_VALUE, f"{url!r} is not a URL of a network", "it looks like http://127.0.0.1:8545"
        )
    where = f"{parts.scheme}://{parts.netloc}"
    connection = connection_to(parts, PATIENCE)
    try:
        yield connection, where
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, OSError) and error.filename is not None:
            # A file of the user's, and not the network.
            raise
        raise ZeroError(
            Problem.NO_NETWORK,
            f"no network answers at {where}: {error}",
            "start one with `zero devnet`, or name another with --url",
        ) from error
    finally:
        connection.close()


def _refusal(where: str, reply: http.client.HTTPResponse) -> ZeroError:
    text = reply.read(100_000)
    try:
        answer = json.loads(text)
        problem = _PROBLEMS[answer["fault"]]
        return ZeroError(problem, answer["detail"], answer["advice"] or None)
    except (ValueError, KeyError, TypeError):
        said = " ".join(text.decode("utf-8", "replace").split())[:200]
        return ZeroError(
            Problem.NO_NETWORK,
            f"{where} answered HTTP {reply.status}: {said or 'nothing'}",
            "is it a network of this version?",
        )
