"""A language client that starts the real server over stdio, for tests and benchmarks.

It is pytest-lsp's client, which answers as VS Code does and warns where the server leaves the
specification, with an editor's documents, and a way to wait for what the server says.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.protocol import JsonRPCNotification, JsonRPCResponseMessage, default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import register_lsp_features
from pytest_lsp.protocol import LanguageClientProtocol

DEADLINE_SECONDS = 60.0
ROOT = Path(__file__).resolve().parents[1]


def converter() -> Converter:
    """What reads messages: those that are not LSP's own as plain objects. pygls makes a class of
    each, which for the course's tree takes a tenth of a second."""
    made = default_converter()
    for kind, field in ((JsonRPCResponseMessage, "result"), (JsonRPCNotification, "params")):

        def read(data: Any, kind: type[Any], field: str = field) -> Any:
            said = data.get(field)
            return kind(**{**data, field: _plain(said) if isinstance(said, dict) else said})

        made.register_structure_hook(kind, read)
    return made


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return SimpleNamespace(**{str(name): _plain(part) for name, part in value.items()})
        case list():
            return [_plain(part) for part in value]
        case _:
            return value


class ListeningProtocol(LanguageClientProtocol):
    """Wakes whoever waits, after each message that the server sends of its own accord."""

    _server: Client  # pyright: ignore[reportIncompatibleVariableOverride]

    def get_result_type(self, method: str) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        """None for code actions, which lsprotocol would read as commands: they stay as sent."""
        known = method != types.TEXT_DOCUMENT_CODE_ACTION
        return super().get_result_type(method) if known else None

    def _handle_notification(self, method_name: str, params: Any) -> None:
        super()._handle_notification(method_name, params)
        self._server.wake()

    def _handle_request(self, msg_id: Any, method_name: str, params: Any) -> None:
        super()._handle_request(msg_id, method_name, params)
        self._server.wake()


class Client(LanguageClient):
    """Opens one folder; remembers what the server says and lets a test wait for it."""

    def __init__(
        self,
        folder: Path,
        *,
        folder_uri: str | None = None,
        options: dict[str, Any] | None = None,
        capabilities: types.ClientCapabilities | None = None,
        env: dict[str, str] | None = None,
        program: tuple[str, ...] = ("-m", "tinytorch_ls", "lsp"),
        others: tuple[Path, ...] = (),
        preexec: Callable[[], None] | None = None,
        locale: str | None = None,
    ) -> None:
        super().__init__(protocol_cls=ListeningProtocol, converter_factory=converter)
        self.folder = folder
        self.folder_uri = folder_uri or folder.as_uri()
        self.options = {"debug": True, "explain": True, **(options or {})}
        self.offers = capabilities or like_vscode()
        self.env = env or {}
        self.program = program
        self.locale = locale
        self.others = others  # folders that are open beside the first
        self.preexec = preexec
        self.heard = asyncio.Event()
        self.registered: list[types.Registration] = []
        self.forget()
        register_lsp_features(self)
        self._listen()

    def forget(self) -> None:
        """Remember nothing of what was opened and said."""
        self.passed: list[Any] = []
        self.printed: list[Any] = []  # what students' code printed
        self.asked: list[types.ShowMessageRequestParams] = []  # the messages with buttons
        self.output_is_shown = False
        self.refreshed: list[str] = []  # the refresh requests of the server
        self.applies = True  # whether it takes the server's edits
        self.types: list[Callable[[], None]] = []  # what is typed before each edit is looked at
        self.agrees = True  # to whatever it is asked
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        for said in (self.messages, self.diagnostics, self.progress_reports):
            said.clear()

    def _listen(self) -> None:
        @self.feature("tinytorch/courseChanged")
        def course_changed(_params: Any) -> None:
            pass

        @self.feature("tinytorch/stepPassed")
        def step_passed(params: Any) -> None:
            self.passed.append(params)

        @self.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register_capability(params: types.RegistrationParams) -> None:
            self.registered += params.registrations

        @self.feature("tinytorch/stepOutput")
        def step_output(params: Any) -> None:
            self.printed.append(params)

        @self.feature("tinytorch/showOutput")
        def show_output(_params: Any) -> None:
            self.output_is_shown = True

        @self.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def show_message_request(
            params: types.ShowMessageRequestParams,
        ) -> types.MessageActionItem | None:
            self.asked.append(params)
            return (params.actions or [None])[0] if self.agrees else None

        @self.feature(types.WORKSPACE_CODE_LENS_REFRESH)
        def refresh_lenses(_params: Any) -> None:
            self.refreshed.append("lenses")

        @self.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
        def refresh_hints(_params: Any) -> None:
            self.refreshed.append("inlay hints")

        @self.feature(types.WORKSPACE_APPLY_EDIT)
        def apply_edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            if self.types:
                self.types.pop(0)()
            if not self.applies:
                return types.ApplyWorkspaceEditResult(applied=False, failure_reason="it is busy")
            meant = list(meant_by(params.edit))
            if any(version not in (None, self.versions[uri]) for uri, version, _ in meant):
                return types.ApplyWorkspaceEditResult(applied=False)  # as VS Code answers
            for uri, _, edit in meant:
                self.change(uri, edited(self.texts[uri], edit))
            return types.ApplyWorkspaceEditResult(applied=True)

    def wake(self) -> None:
        self.heard.set()

    async def __aenter__(self) -> Client:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self.env}
        await self.start_io(
            sys.executable,
            *self.program,
            cwd=str(ROOT),
            env=environment,
            preexec_fn=self.preexec,
        )
        self.answer = await self.initialize_session(
            types.InitializeParams(
                capabilities=self.offers,
                root_uri=self.folder_uri,
                workspace_folders=[
                    types.WorkspaceFolder(self.folder_uri, self.folder.name),
                    *(types.WorkspaceFolder(other.as_uri(), other.name) for other in self.others),
                ],
                initialization_options=self.options,
                locale=self.locale,
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            await self.shutdown_session()
        await self.stop()

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The server's process."""
        assert self._server
        return self._server

    async def kill(self) -> None:
        """End the server as `kill -9` does."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    def open(self, path: Path, uri: str | None = None, text: str | None = None) -> str:
        """Open a file, under a URI of the client's own, with a text that is not saved yet."""
        uri = uri or path.as_uri()
        self.texts[uri] = path.read_bytes().decode("utf-8") if text is None else text
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, "python", 1, self.texts[uri])
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> None:
        self.texts[uri] = text
        self.versions[uri] += 1
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, uri: str) -> None:
        identifier = types.TextDocumentIdentifier(uri)
        self.text_document_did_save(types.DidSaveTextDocumentParams(identifier))

    def write(self, path: Path, text: str, uri: str | None = None) -> None:
        """Change, write and save, as an editor does."""
        uri = uri or path.as_uri()
        self.change(uri, text)
        path.write_bytes(text.encode("utf-8"))
        self.save(uri)

    def tell_of(self, *paths: Path) -> None:
        """Say that files were changed outside of the editor, as its watcher does."""
        kinds = types.FileChangeType
        changes = [
            types.FileEvent(path.as_uri(), kinds.Changed if path.exists() else kinds.Deleted)
            for path in paths
        ]
        self.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))

    def close(self, uri: str) -> None:
        del self.texts[uri]
        identifier = types.TextDocumentIdentifier(uri)
        self.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    async def until(self, true: Callable[[], Any]) -> Any:
        """Wait until `true()` is, woken by what the server says. Raises TimeoutError."""

        async def wait() -> Any:
            while not (found := true()):
                self.heard.clear()
                await self.heard.wait()
            return found

        return await asyncio.wait_for(wait(), DEADLINE_SECONDS)

    async def published(
        self, uri: str, wanted: Callable[[list[types.Diagnostic]], bool]
    ) -> list[types.Diagnostic]:
        """Wait for diagnostics of a file that are as wanted; those published before count too."""
        await self.until(lambda: uri in self.diagnostics and wanted(list(self.diagnostics[uri])))
        return list(self.diagnostics[uri])

    async def ask(self, method: str, params: Any) -> Any:
        """The answer to a request of the course's own."""
        request = self.protocol.send_request_async(method, params)
        return await asyncio.wait_for(request, DEADLINE_SECONDS)

    async def course(self, folder: Path | None = None) -> Any:
        return await self.ask("tinytorch/course", {"folder": str(folder)} if folder else {})

    async def step(self, step_id: str, folder: Path | None = None) -> Any:
        tree = await self.course(folder)
        return next(s for m in tree.modules for s in m.steps if s.id == step_id)

    async def states(self, module_id: str) -> dict[str, str]:
        """The state of each step of a module once nothing of it runs."""
        module = await self.settled(module_id)
        return {step.id: step.state for step in module.steps}

    async def settled(self, module_id: str) -> Any:
        """Wait until nothing of a module runs; its node in the tree."""

        async def look() -> Any:
            while True:
                self.heard.clear()
                tree = await self.course()
                module = next(m for m in tree.modules if m.id == module_id)
                if not any(step.running for step in module.steps):
                    return module
                await self.heard.wait()

        return await asyncio.wait_for(look(), DEADLINE_SECONDS)

    async def command(self, name: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(name, list(arguments))
        return await asyncio.wait_for(
            self.workspace_execute_command_async(params), DEADLINE_SECONDS
        )

    async def lenses(self, uri: str) -> list[types.CodeLens]:
        identifier = types.TextDocumentIdentifier(uri)
        found = await self.text_document_code_lens_async(types.CodeLensParams(identifier))
        return list(found or [])

    async def actions(
        self,
        uri: str,
        line: int,
        diagnostics: list[types.Diagnostic] | None = None,
        only: list[types.CodeActionKind | str] | None = None,
    ) -> list[types.CodeAction]:
        place = types.Position(line, 0)
        found = await self.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri),
                types.Range(place, place),
                types.CodeActionContext(diagnostics or [], only=only),
            )
        )
        structure = self.protocol._converter.structure
        return [structure(action, types.CodeAction) for action in found or []]

    async def hover(self, uri: str, line: int, character: int = 8) -> str:
        found = await self.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        )
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    async def inlay_hints(self, uri: str, lines: range | None = None) -> list[types.InlayHint]:
        lines = lines or range(self.texts[uri].count("\n") + 1)
        place = types.Range(types.Position(lines[0], 0), types.Position(lines[-1], 0))
        found = await self.text_document_inlay_hint_async(
            types.InlayHintParams(types.TextDocumentIdentifier(uri), place)
        )
        return list(found or [])

    def said(self, words: str) -> Callable[[], bool]:
        """Whether a message with these words was shown, for `until`."""
        return lambda: any(words in message.message for message in self.messages)


def like_vscode() -> types.ClientCapabilities:
    """What VS Code offers, with the refreshing that it has learned since."""
    offered = client_capabilities("visual-studio-code")
    assert offered.workspace
    offered.workspace.code_lens = types.CodeLensWorkspaceClientCapabilities(True)
    offered.workspace.inlay_hint = types.InlayHintWorkspaceClientCapabilities(True)
    return offered


def meant_by(edit: types.WorkspaceEdit) -> Iterator[tuple[str, int | None, types.TextEdit]]:
    """The document, the version of it, and the change, of each edit in it."""
    for uri, edits in (edit.changes or {}).items():
        for each in edits:
            assert isinstance(each, types.TextEdit)
            yield uri, None, each
    for change in edit.document_changes or ():
        assert isinstance(change, types.TextDocumentEdit)
        for each in change.edits:
            assert isinstance(each, types.TextEdit)
            yield change.text_document.uri, change.text_document.version, each


def edited(text: str, edit: types.TextEdit) -> str:
    """A text after one edit, as a client applies it: positions count UTF-16 units."""
    lines = [""]
    for piece in text.splitlines(keepends=True):
        lines[-1] += piece
        if piece.endswith(("\r", "\n")):
            lines.append("")

    def offset(position: types.Position) -> int:
        before = sum(map(len, lines[: position.line]))
        line = lines[position.line].encode("utf-16-le", "surrogatepass")
        return before + len(line[: position.character * 2].decode("utf-16-le", "surrogatepass"))

    start, end = offset(edit.range.start), offset(edit.range.end)
    return text[:start] + edit.new_text + text[end:]
