"""The course as a tree, a lesson as Markdown, a picture: what LSP has no words for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tinytorch_ls.course.model import Module, Step
from tinytorch_ls.runner.client import RunRequest
from tinytorch_ls.server.app import TinyTorchServer
from tinytorch_ls.server.lenses import state_text
from tinytorch_ls.server.positions import lines_of, span_range
from tinytorch_ls.server.session import Session


def register(server: TinyTorchServer) -> None:
    """Add these requests to the server."""

    @server.feature("tinytorch/course")
    def course(ls: TinyTorchServer, _params: Any) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        session = ls.session
        following = session.folder.next_step() if session else None
        return {
            "title": ls.course.title,
            "folder": str(session.folder.root) if session else None,
            "trusted": ls.trusted,
            "complaints": [
                {"file": str(c.file), "line": c.line, "message": c.message}
                for c in ls.course.complaints
            ],
            "modules": [_module(ls, session, module) for module in ls.course.modules],
            "next": following.id if following else None,
        }

    @server.feature("tinytorch/lesson")
    def lesson(ls: TinyTorchServer, params: Any) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        step_id = getattr(params, "step", None)
        if step_id is None:
            module = ls.module(getattr(params, "module", None))
            return {"title": module.title, "markdown": module_markdown(module), "step": None}
        step = ls.step(step_id)
        return {"title": step.title, "markdown": step_markdown(step), "step": step.id}

    @server.feature("tinytorch/picture")
    async def picture(ls: TinyTorchServer, params: Any) -> dict[str, Any] | None:  # pyright: ignore[reportUnusedFunction]
        return await _picture(ls, ls.step(getattr(params, "step", None)))


def step_markdown(step: Step) -> str:
    """A step's whole lesson: why, what to do, where the world does it."""
    parts = [f"# {step.title}", step.explanation]
    if step.instructions:
        items = "\n".join(f"{n}. {text}" for n, text in enumerate(step.instructions, 1))
        parts.append(f"## Step by step\n\n{items}")
    if step.example:
        parts.append(f"## Example\n\n```python\n{step.example.rstrip()}\n```")
    if step.real_world:
        parts.append(f"## In the real world\n\n{step.real_world}")
    return "\n\n".join(parts)


def module_markdown(module: Module) -> str:
    """A module's introduction, what its student can do in the end, and its closing sections."""
    outcomes = "\n".join(f"- {outcome}" for outcome in module.outcomes)
    sections = [f"## {section.title}\n\n{section.text}" for section in module.sections]
    head = f"# {module.title}\n\n{module.introduction}"
    return "\n\n".join([head, f"## You will\n\n{outcomes}", *sections])


def _module(ls: TinyTorchServer, session: Session | None, module: Module) -> dict[str, Any]:
    states = [session.state(step) if session else "todo" for step in module.steps]
    return {
        "id": module.id,
        "number": module.number,
        "title": module.title,
        "begun": bool(session and session.folder.begun(module)),
        "passed": states.count("passed"),
        "total": len(states),
        "steps": [_step(ls, session, module, step) for step in module.steps],
    }


def _step(
    ls: TinyTorchServer, session: Session | None, module: Module, step: Step
) -> dict[str, Any]:
    node: dict[str, Any] = {
        "id": step.id,
        "title": step.title,
        "state": session.state(step) if session else "todo",
        "running": bool(session and session.running(step)),
        "detail": None,
        "uri": None,
        "range": None,
        "hints": {"shown": session.hints_shown(step) if session else 0, "total": len(step.hints)},
    }
    if session and session.folder.begun(module):
        failure = session.failure(step)
        node["detail"] = failure.headline if failure else state_text(session, step)
        file = step.symbols[0].file if step.symbols else module.files[0]
        node["uri"] = ls.uri_of(session, file)
        node["range"] = _range(session, file, step)
    return node


def _range(session: Session, file: str, step: Step) -> dict[str, Any] | None:
    opened = session.opened(file)
    definition = opened.definition(step) if opened else None
    if opened is None or definition is None:
        return None
    place = span_range(lines_of(opened.text), definition.identifier)
    return {
        "start": {"line": place.start.line, "character": place.start.character},
        "end": {"line": place.end.line, "character": place.end.character},
    }


async def _picture(ls: TinyTorchServer, step: Step) -> dict[str, Any] | None:
    """What the student's code draws for a step that has passed."""
    session = ls.session
    if session is None or not ls.trusted or session.state(step) != "passed":
        return None
    request = RunRequest(step.module_id, (step.id,), root=session.folder.root)
    picture = await session.runner.picture(request)
    return asdict(picture) if picture else None
