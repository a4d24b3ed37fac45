"""LSP as pygls speaks it, but strict: whatever asks for an answer gets one.

pygls answers nothing to a message that doesn't fit its type, nor to one that comes after the
shutdown. Here a message is read by `take_text`, and an error is an answer too.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import logging
from collections.abc import Generator, Sequence
from typing import Any, Literal

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

from tinytorch_ls.server.protocol import PARAMS, as_json

log = logging.getLogger("tinytorch")

MessageId = str | int
_IDS = ("id", "token", "work_done_token", "partial_result_token")


class CourseProtocol(LanguageServerProtocol):
    """One client's connection: our messages typed, UTF-16 positions, commands that can end."""

    phase: Literal["new", "serving", "ended"] = "new"

    def end_with_request(self, task: asyncio.Task[Any] | None) -> None:
        """Cancel `task` if the client cancels the request that it answers.

        pygls cancels a request's handler, but not the handler of the command that it asks for.
        """
        request = self._request_futures.get(self.msg_id or "")
        if request and task:
            request.add_done_callback(lambda done: task.cancel() if done.cancelled() else None)

    def take_text(self, text: bytes) -> None:
        """Take one message, as it came."""
        try:
            message: Any = json.loads(text)
        except (ValueError, RecursionError) as error:
            self.refuse(None, JsonRpcParseError(f"this is no JSON: {error}"))
            return
        self.handle_message(message)

    def handle_message(self, message: Any) -> None:
        """Take one message, as JSON has it."""
        match message:
            case {"jsonrpc": "2.0", "method": str(method), "id": str() | int() as msg_id} if (
                not isinstance(msg_id, bool)
            ):
                self._take_request(msg_id, method, message)
            case {"jsonrpc": "2.0", "method": str(method)} if "id" not in message:
                self._take_notification(method, message)
            case {"jsonrpc": "2.0", "id": str() | int() as msg_id} if "method" not in message:
                self._take_response(msg_id, message)
            case _:
                self.refuse(
                    _id_of(message), JsonRpcInvalidRequest("this is no message of JSON-RPC")
                )

    def refuse(self, msg_id: MessageId | None, error: JsonRpcException) -> None:
        """Answer with an error."""
        log.info("refused %r: %s", msg_id, error)
        said = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": self.VERSION, "id": msg_id, "error": said})

    def notify(self, method: str, params: Any | None = None) -> None:
        super().notify(method, as_json(params))

    def _take_request(self, msg_id: MessageId, method: str, message: dict[str, Any]) -> None:
        try:
            self._admit(method)
            self._get_handler(method)
            params = self._params(method, message)
        except JsonRpcException as error:
            self.refuse(msg_id, error)
            return
        context = contextvars.copy_context()  # a handler knows the request that it answers
        context.run(self._handle_request, msg_id, method, params)

    def _take_notification(self, method: str, message: dict[str, Any]) -> None:
        if self.phase != "serving" and method != types.EXIT:
            return
        try:
            params = self._params(method, message)
        except JsonRpcInvalidParams as error:
            log.warning("ignored %s: %s", method, error)
            return
        contextvars.copy_context().run(self._handle_notification, method, params)

    def _take_response(self, msg_id: MessageId, message: dict[str, Any]) -> None:
        """Give an answer to who waits for it; one that can't be read is an error."""
        asked = self._result_types.pop(msg_id, None)
        try:
            if message.get("error") is not None:
                answer = self._converter.structure(message, types.ResponseErrorMessage)
                self._handle_response(msg_id, error=answer.error)
            else:
                answer = self._converter.structure(message, asked) if asked else None
                self._handle_response(msg_id, answer.result if answer else message.get("result"))
        except Exception as error:  # cattrs raises whatever it meets
            refused = types.ResponseError(JsonRpcInternalError.CODE, f"not an answer: {error}")
            self._handle_response(msg_id, error=refused)

    def _admit(self, method: str) -> None:
        """Refuse a request that comes too early or too late. Raises JsonRpcException."""
        match self.phase:
            case "new" if method != types.INITIALIZE:
                raise JsonRpcServerNotInitialized("the first request is `initialize`")
            case "serving" if method == types.INITIALIZE:
                raise JsonRpcInvalidRequest("`initialize` can be asked for once")
            case "ended":
                raise JsonRpcInvalidRequest("the server was shut down")
            case _:
                pass

    def _params(self, method: str, message: dict[str, Any]) -> Any:
        """What a message carries, as its type. Raises JsonRpcInvalidParams."""
        known = self.get_message_type(method)
        try:
            if method in PARAMS:
                given = message.get("params")
                return self._converter.structure(dict(given or {}), PARAMS[method])
            found = self._converter.structure(message, known).params if known else None
            return _with_usable_ids(found)
        except Exception as error:  # cattrs raises whatever it meets
            raise JsonRpcInvalidParams(f"these are no params of {method}") from error

    def _send_response(
        self,
        msg_id: MessageId,
        result: Any | None = None,
        error: types.ResponseError | None = None,
    ) -> None:
        super()._send_response(msg_id, as_json(result), error)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(
        self, params: types.InitializeParams
    ) -> Generator[Any, Any, types.InitializeResult]:
        if params.capabilities.general:
            params.capabilities.general.position_encodings = [types.PositionEncodingKind.Utf16]
        result = yield from super().lsp_initialize(params)
        self.phase = "serving"
        return result

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:
        """End all that runs, and answer what waits for it."""
        self.phase = "ended"
        manager: Any = self.fm  # its types are partly unknown
        yield manager.features[types.SHUTDOWN], args, None
        self.cancel_requests()

    def cancel_requests(self) -> None:
        """Give up what is asked, by the client and by us, but for the request that asks for it."""
        for msg_id, future in list(self._request_futures.items()):
            if msg_id != self.msg_id and not future.done():
                future.cancel()

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: Any) -> Generator[Any, Any, None]:
        manager: Any = self.fm
        yield manager.features[types.EXIT], (), None

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    def lsp_workspace__execute_command(
        self, params: types.ExecuteCommandParams
    ) -> Generator[Any, Any, Any]:
        manager: Any = self.fm
        handler = manager.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"there is no command {params.command!r}")
        arguments = _texts(params.command, params.arguments or ())
        try:
            inspect.signature(handler.func).bind(self._server, *arguments)
        except TypeError as error:
            raise JsonRpcInvalidParams(f"{params.command}: {error}") from None
        return (yield handler, tuple(arguments), None)


def _with_usable_ids(params: Any) -> Any:
    """Params whose ids and tokens are as LSP has them, which cattrs doesn't ask. TypeError."""
    for name in _IDS:
        if not isinstance(getattr(params, name, None), str | int | None):
            raise TypeError(f"{name} is neither a text nor a number")
    return params


def _texts(command: str, arguments: Sequence[object]) -> list[str]:
    """The arguments of a command: all of ours take texts. Raises JsonRpcInvalidParams."""
    texts = [argument for argument in arguments if isinstance(argument, str)]
    if len(texts) != len(arguments):
        raise JsonRpcInvalidParams(f"{command} takes texts")
    return texts


def _id_of(message: Any) -> MessageId | None:
    """The id that an answer to a malformed message can carry."""
    match message:
        case {"id": str() | int() as msg_id} if not isinstance(msg_id, bool):
            return msg_id
        case _:
            return None
