"""What a lesson says of a step, as Markdown: hover, lesson view and terminal share the words."""

from __future__ import annotations

from typing import Literal

from tinytorch_ls.course.model import CLOSING, Module, Question, Section, Step
from tinytorch_ls.course.titles import titled
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.messages import say

Answers = Literal["folded", "told", "kept back"]
"""How a lesson gives the answers to what it asks at its end."""


def step_markdown(step: Step) -> str:
    """A step's whole lesson: why, what to do, where the world does it."""
    parts = [f"## {title}\n\n{text}" for title, text in step_parts(step).items()]
    return "\n\n".join([f"# {step.title}", step.explanation, *parts])


def step_parts(step: Step) -> dict[str, str]:
    """What follows the explanation in a step's lesson, by its headings."""
    parts = _to_do(step)
    if step.real_world:
        parts[say("In the real world")] = step.real_world
    return parts


def module_markdown(
    module: Module, *, steps: str = "", done: bool = False, answers: Answers = "folded"
) -> str:
    """A module's introduction, what its student learns, and its sections; the closing comes first
    once all is `done`.

    `steps` stands before these, where a reader has no list of them beside it.
    """
    sections = [_section(each, answers) for each in sections_of(module)]
    listed = [f"## {say('Steps')}\n\n{steps}"] if steps else []
    learned = f"## {say('You will')}\n\n{outcomes_of(module)}"
    opening = [] if done else [module.introduction, learned]
    first, rest = (sections[:1], sections[1:]) if done else ([], sections)
    return "\n\n".join([f"# {module.title}", *opening, *first, *listed, *rest])


def outcomes_of(module: Module) -> str:
    """What its student learns, as Markdown."""
    return "\n".join(f"- {outcome}" for outcome in module.outcomes)


def sections_of(module: Module) -> list[Section]:
    """The prose behind a module's steps; what can be done now stands first."""
    return sorted(module.sections, key=lambda section: section.title != CLOSING)


def _section(section: Section, answers: Answers) -> str:
    asked = "\n\n".join(_question(question, answers) for question in section.questions)
    return f"## {say(section.title)}\n\n{asked or section.text}"


def _question(question: Question, answers: Answers) -> str:
    match answers:
        case "folded":  # HTML, with the blank lines that let Markdown stand in it
            summary = f"<summary>{say('An answer')}</summary>"
            answer = f"<details>{summary}\n\n{question.answer}\n\n</details>"
        case "told":
            answer = f"{say('Answer:')} {question.answer}"
        case "kept back":
            return f"- {question.text}"
    return f"**{question.text}**\n\n{answer}"


def scaffold_markdown(step: Step, state: str, hints: int) -> str:
    """What to do in a step, with its state in words and the hints that were shown."""
    parts = [f"### {step.title} — {state[:1].lower()}{state[1:]}"]
    parts += [f"**{title}**\n\n{text}" for title, text in _to_do(step).items()]
    if rungs := step.hints[:hints]:
        title = say("**Hints** ({shown} of {total})", shown=len(rungs), total=len(step.hints))
        parts.append(f"{title}\n\n{_numbered(rungs)}")
    return "\n\n".join(parts)


def hint_text(step: Step, number: int) -> str:
    """One rung of a step's hints, said by itself."""
    rung = say("Hint {number} of {total}:", number=number, total=len(step.hints))
    return f"{rung} {step.hints[number - 1]}"


def unwritten_text(step: Step) -> str:
    """What to do with a step that is not written."""
    line = form_of(next((symbol.file for symbol in step.symbols), "")).placeholder
    return say(
        "{step} is not written yet: put your code in place of its {line}, then save.",
        step=titled(step),
        line=line,
    )


def _to_do(step: Step) -> dict[str, str]:
    """The parts of a step that say what to write, by their headings."""
    parts: dict[str, str] = {}
    if step.instructions:
        parts[say("Step by step")] = _numbered(step.instructions)
    if step.example:
        parts[say("Example")] = f"```python\n{step.shown_example.rstrip()}\n```"
    return parts


def _numbered(items: tuple[str, ...]) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(items, 1))
