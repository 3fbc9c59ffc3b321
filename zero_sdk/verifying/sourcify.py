"""Sourcify's API, version 2, for the contracts of a network: who can verify there can verify here.

    POST /v2/verify/{chainId}/{address}     standard JSON, compiler version, contract -> a job
    GET  /v2/verify/{verificationId}        the job
    GET  /v2/contract/{chainId}/{address}   what was verified

Solidity and Vyper. Runtime code is compared, and creation code where the chain still has the transaction that
created the contract (`creationMatch` is null elsewhere). Results are kept in memory.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from zero_sdk.verifying.comparison import Match, compare, compare_creation

if TYPE_CHECKING:
    from zero_sdk.compile.versions import Version

_PATH = re.compile(r"/v2/(verify|contract)/(\d{1,20})/(0x[0-9a-fA-F]{40})/?\Z")
_JOB = re.compile(r"/v2/verify/([0-9a-f-]{36})/?\Z")
_MOST_JOBS = 1_000
_WORDS = {Match.EXACT: "exact_match", Match.PARTIAL: "match", Match.NONE: None}
_MAX_BODY = 32 * 1024 * 1024
_LANGUAGES = ("Solidity", "Vyper")
_OUTPUTS = ("evm.bytecode.object", "evm.deployedBytecode.object", "abi")


class BadRequest(Exception):
    """What a client did wrong; the code is Sourcify's `customCode`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Sourcify:
    """An ASGI application. Compilers run in a thread, one job at a time."""

    def __init__(
        self, code_at: Callable[[int, str], bytes], creation_of: Callable[[int, str], bytes | None]
    ) -> None:
        """`code_at` gives the code of an address by chain id, `creation_of` the code that created it and its
        arguments, None where that is not known; from any thread. Both raise ZeroError."""
        self._code_at = code_at
        self._creation_of = creation_of
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="sourcify")
        self._jobs: dict[str, dict[str, Any]] = {}
        self._contracts: dict[tuple[int, str], tuple[bytes, dict[str, Any]]] = {}
        """What was verified, with the code that it was verified for: a devnet goes back, too."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        try:
            status, answer = await self._answer(scope, receive)
        except BadRequest as error:
            status, answer = 400, _error(error.code, str(error))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(answer)})

    async def _answer(self, scope: Mapping[str, Any], receive: Any) -> tuple[int, Mapping[str, Any]]:
        path, method = scope["path"], scope["method"]
        if (job := _JOB.match(path)) is not None and method == "GET":
            found = self._jobs.get(job[1])
            return (
                (404, _error("job_not_found", f"there is no job {job[1]}")) if found is None else (200, found)
            )
        named = _PATH.match(path)
        if named is None or (named[1], method) not in (("verify", "POST"), ("contract", "GET")):
            return 404, _error("not_found", f"{method} {path} is nothing that is served here")
        chain_id, address = int(named[2]), named[3]
        known = await asyncio.to_thread(self._known, chain_id, address)
        if method == "GET":
            return (404, _contract(chain_id, address, Match.NONE)) if known is None else (200, known)
        if known is not None and known["match"] == _WORDS[Match.EXACT]:
            return 409, _error("already_verified", f"{address} has an exact match already")
        return 202, {"verificationId": self._begin(chain_id, address, _request(await _body(receive)))}

    def _begin(self, chain_id: int, address: str, request: Mapping[str, Any]) -> str:
        number = str(uuid.uuid4())
        while len(self._jobs) >= _MOST_JOBS:
            del self._jobs[next(iter(self._jobs))]
        job: dict[str, Any] = {
            "isJobCompleted": False,
            "verificationId": number,
            "jobStartTime": _now(),
            "contract": _contract(chain_id, address, Match.NONE),
        }
        self._jobs[number] = job

        def work() -> None:
            try:
                job["contract"] = self._verify(chain_id, address, request)
            except Exception as error:
                code = error.code if isinstance(error, BadRequest) else "cannot_verify"
                job["error"] = _error(code, str(error))
            job["jobFinishTime"] = _now()
            job["isJobCompleted"] = True

        asyncio.get_running_loop().run_in_executor(self._worker, work)
        return number

    def _verify(self, chain_id: int, address: str, request: Mapping[str, Any]) -> dict[str, Any]:
        from zero_sdk.compile.artifact import CompilerId, artifact_document, read_artifact
        from zero_sdk.compile.compilation import Compilation
        from zero_sdk.compile.versions import Version

        code = self._code_at(chain_id, address)
        if not code:
            raise BadRequest("contract_not_deployed", f"chain {chain_id} has no code at {address}")
        source, _, name = request["contractIdentifier"].rpartition(":")
        version = Version.parse(request["compilerVersion"].removeprefix("v"))
        document = dict(request["stdJsonInput"])
        compiler_name = "vyper" if document["language"] == "Vyper" else "solc"
        run = _run_vyper if compiler_name == "vyper" else _run_solc
        output, settings = run(document, source, version)
        errors = [one["formattedMessage"] for one in output.get("errors", ()) if one["severity"] == "error"]
        if errors:
            raise BadRequest("compiler_error", errors[0])
        contract = output.get("contracts", {}).get(source, {}).get(name)
        if contract is None:
            raise BadRequest("contract_not_found_in_compiler_output", request["contractIdentifier"])
        compiler = CompilerId(compiler_name, str(version), settings)
        compilation = Compilation("sourcify", compiler_name, str(version), None, {"output": output})
        entry = artifact_document(name, source, contract, compilation.id, compiler)
        artifact = read_artifact(entry, compilation)
        found = compare(artifact, code)
        if found.match is Match.NONE:
            raise BadRequest("no_match", found.why or "the code differs")
        created_by = self._creation_of(chain_id, address)
        creation = Match.NONE if created_by is None else compare_creation(artifact, created_by).match
        verified = _contract(chain_id, address, found.match, creation)
        self._contracts[chain_id, address.lower()] = code, verified
        return verified

    def _known(self, chain_id: int, address: str) -> dict[str, Any] | None:
        """What was verified of the code that is there now."""
        found = self._contracts.get((chain_id, address.lower()))
        if found is None or self._code_at(chain_id, address) != found[0]:
            return None
        return found[1]


def _request(body: bytes) -> Mapping[str, Any]:
    try:
        request = orjson.loads(body)
        document = request["stdJsonInput"]
        identifier, version = request["contractIdentifier"], request["compilerVersion"]
        is_whole = isinstance(document, dict) and isinstance(identifier, str) and isinstance(version, str)
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest("invalid_parameter", f"the body is no verification request: {error}") from None
    if not is_whole:
        raise BadRequest("invalid_parameter", "stdJsonInput is an object, the others are strings")
    if document.get("language") not in _LANGUAGES:
        raise BadRequest("unsupported_language", f"{document.get('language')} is not verified here")
    result: Mapping[str, Any] = request
    return result


async def _body(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BadRequest("invalid_parameter", "the request was cut short")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > _MAX_BODY:
            raise BadRequest("invalid_parameter", f"more than {_MAX_BODY} bytes")
        if not message.get("more_body"):
            return b"".join(parts)


def _run_solc(document: dict[str, Any], source: str, version: Version) -> tuple[Any, Mapping[str, Any]]:
    """The output, and the settings that gave it."""
    from zero_sdk.compile.solc.toolchain import shared_toolchain

    wanted = ["evm.deployedBytecode", *_OUTPUTS]
    settings = {**document.get("settings", {}), "outputSelection": {"*": {"*": wanted}}}
    with shared_toolchain().solc(version) as solc:
        return orjson.loads(solc.compile(orjson.dumps({**document, "settings": settings}))), settings


def _run_vyper(document: dict[str, Any], source: str, version: Version) -> tuple[Any, Mapping[str, Any]]:
    """As `_run_solc`; Vyper compiles the file that is asked for, and has immutables in its layout."""
    from zero_sdk.compile.vyper.environments import obtain_vyper
    from zero_sdk.compile.vyper.run import shared_vypers

    settings = {**document.get("settings", {}), "outputSelection": {source: [*_OUTPUTS, "layout"]}}
    with shared_vypers().compiler(obtain_vyper(version, is_offline=False)) as vyper:
        return orjson.loads(vyper.compile(orjson.dumps({**document, "settings": settings}))), settings


def _contract(chain_id: int, address: str, match: Match, creation: Match = Match.NONE) -> dict[str, Any]:
    from zero_sdk.client.addresses import to_address

    runtime_word, creation_word = _WORDS[match], _WORDS[creation]
    exact = _WORDS[Match.EXACT]
    word = exact if exact in (runtime_word, creation_word) else runtime_word
    found: dict[str, Any] = {"match": word, "creationMatch": creation_word, "runtimeMatch": runtime_word}
    if word is not None:
        found["verifiedAt"] = _now()
    return {**found, "chainId": str(chain_id), "address": to_address(address)}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"customCode": code, "message": message, "errorId": str(uuid.uuid4())}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
