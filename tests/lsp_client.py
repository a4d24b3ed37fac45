"""A language client that starts the real server over stdio, for tests and benchmarks."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

DEADLINE_SECONDS = 20.0
ROOT = Path(__file__).resolve().parents[1]


class Client(LanguageClient):
    """Opens one folder; remembers what the server says and lets a test wait for it."""

    def __init__(
        self,
        folder: Path,
        *,
        options: dict[str, Any] | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        super().__init__("tests", "1")
        self.folder = folder
        self.options = {"debug": True, "explain": True, **(options or {})}
        self.env = env or {}
        self.published: dict[str, list[types.Diagnostic]] = {}
        self.messages: list[str] = []
        self.passed: list[Any] = []
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.events = asyncio.Condition()
        self.progress_begun: list[Any] = []
        self._listen()

    def _listen(self) -> None:
        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def published(params: types.PublishDiagnosticsParams) -> None:
            self.published[params.uri] = list(params.diagnostics)
            await self._wake()

        @self.feature(types.WINDOW_SHOW_MESSAGE)
        async def message(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)
            await self._wake()

        @self.feature("tinytorch/courseChanged")
        async def course_changed(_params: Any) -> None:
            await self._wake()

        @self.feature("tinytorch/stepPassed")
        async def step_passed(params: Any) -> None:
            self.passed.append(params)
            await self._wake()

        @self.feature(types.WORKSPACE_CODE_LENS_REFRESH)
        def refresh(_params: Any) -> None:
            return None

        @self.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
        def create_progress(_params: Any) -> None:
            return None

        @self.feature(types.PROGRESS)
        async def progress(params: types.ProgressParams) -> None:
            self.progress_begun.append(params)
            await self._wake()

        @self.feature(types.WORKSPACE_APPLY_EDIT)
        def apply_edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            for uri, edits in (params.edit.changes or {}).items():
                text = self.texts[uri]
                for edit in edits:
                    assert isinstance(edit, types.TextEdit)
                    text = edited(text, edit)
                self._changed(uri, text)
            return types.ApplyWorkspaceEditResult(applied=True)

    async def _wake(self) -> None:
        async with self.events:
            self.events.notify_all()

    async def __aenter__(self) -> Client:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self.env}
        await self.start_io(
            sys.executable, "-m", "tinytorch_ls", "lsp", cwd=str(ROOT), env=environment
        )
        folder = types.WorkspaceFolder(self.folder.as_uri(), self.folder.name)
        capabilities = types.ClientCapabilities(
            workspace=types.WorkspaceClientCapabilities(
                apply_edit=True,
                code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=True),
            ),
            window=types.WindowClientCapabilities(work_done_progress=True),
        )
        self.answer = await self.initialize_async(
            types.InitializeParams(
                capabilities=capabilities,
                process_id=os.getpid(),
                root_uri=self.folder.as_uri(),
                workspace_folders=[folder],
                initialization_options=self.options,
            )
        )
        self.initialized(types.InitializedParams())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shutdown_async(None)
        self.exit(None)
        await self.stop()

    def open(self, path: Path, uri: str | None = None) -> str:
        uri = uri or path.as_uri()
        self.texts[uri] = path.read_bytes().decode("utf-8")
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, "python", 1, self.texts[uri])
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, path: Path, text: str) -> None:
        self._changed(path.as_uri(), text)

    def _changed(self, uri: str, text: str) -> None:
        self.texts[uri] = text
        self.versions[uri] += 1
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, path: Path) -> None:
        identifier = types.TextDocumentIdentifier(path.as_uri())
        self.text_document_did_save(types.DidSaveTextDocumentParams(identifier))

    def write(self, path: Path, text: str) -> None:
        """Change, write and save, as an editor does."""
        self.change(path, text)
        path.write_bytes(text.encode("utf-8"))
        self.save(path)

    async def until(self, true: Callable[[], Any]) -> Any:
        """Wait until `true()` is, woken by what the server says. Raises TimeoutError."""

        async def wait() -> Any:
            async with self.events:
                while not (found := true()):
                    await self.events.wait()
                return found

        return await asyncio.wait_for(wait(), DEADLINE_SECONDS)

    async def diagnostics(
        self, path: Path, wanted: Callable[[list[Any]], bool]
    ) -> list[types.Diagnostic]:
        """Wait for diagnostics of a file that are as wanted; those published before count too."""
        uri = path.as_uri()
        await self.until(lambda: uri in self.published and wanted(self.published[uri]))
        return self.published[uri]

    async def course(self) -> Any:
        return await self.protocol.send_request_async("tinytorch/course", {})

    async def step(self, step_id: str) -> Any:
        tree = await self.course()
        return next(s for m in tree.modules for s in m.steps if s.id == step_id)

    async def settled(self, module_id: str) -> Any:
        """Wait until nothing of a module runs; its node in the tree."""

        async def look() -> Any:
            while True:
                tree = await self.course()
                module = next(m for m in tree.modules if m.id == module_id)
                if not any(step.running for step in module.steps):
                    return module
                async with self.events:
                    await self.events.wait()

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

    async def hover(self, uri: str, line: int, character: int = 8) -> str:
        found = await self.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        )
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value


def edited(text: str, edit: types.TextEdit) -> str:
    """A text after one edit, as a client applies it: positions count UTF-16 units."""
    lines = text.split("\n")

    def offset(position: types.Position) -> int:
        before = sum(len(line) + 1 for line in lines[: position.line])
        line = lines[position.line].encode("utf-16-le")
        return before + len(line[: position.character * 2].decode("utf-16-le"))

    start, end = offset(edit.range.start), offset(edit.range.end)
    return text[:start] + edit.new_text + text[end:]
