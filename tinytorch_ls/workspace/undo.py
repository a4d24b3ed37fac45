"""Takes a change back: the definitions that it replaced come back, and nothing else is touched.

What was written in their place since is kept in a snapshot of its own, so no text is ever lost.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from tinytorch_ls.forms.form import Form
from tinytorch_ls.forms.known import form_of
from tinytorch_ls.forms.line_ends import line_end
from tinytorch_ls.forms.refused import Refused
from tinytorch_ls.messages import say
from tinytorch_ls.workspace import snapshots
from tinytorch_ls.workspace.changes import Change, Read, write
from tinytorch_ls.workspace.folder import StudentFolder
from tinytorch_ls.workspace.lock import locked
from tinytorch_ls.workspace.snapshots import Damaged, FileChange, Snapshot

_DAMAGED = (
    "{} is damaged or of another course, so the change that it may keep can't be taken back; "
    "delete it if you don't need it"
)


@dataclass(frozen=True)
class Undone:
    """A change that was taken back."""

    snapshot: Snapshot
    change: Change  # what was done for it
    kept: Snapshot | None  # what was overwritten, if it was not what the change had put there


@dataclass(frozen=True)
class Possible:
    """The newest change that can be taken back now."""

    snapshot: Snapshot
    back: Change  # what has to be done for it
    refusal: str = ""  # what newer one can't be, and why


def undo(folder: StudentFolder, *, skip: bool = False) -> Undone:
    """Take the newest change back in the files. Raises Refused, and then nothing has changed.

    `skip` passes over changes that can't be taken back now.
    """
    with locked(folder.root):
        possible = possible_undo(folder, folder.source)
        snapshot, back = possible.snapshot, possible.back
        if possible.refusal and not skip:
            instead = f"`tinytorch undo --skip` takes back this instead: {snapshot.reason}"
            raise Refused(f"{possible.refusal}; {instead}")
        kept = keep_overwritten(folder, snapshot, back)
        try:
            write(folder, back)
        except Refused:
            if kept:
                snapshots.forget(folder, kept)
            raise
        snapshots.mark_undone(folder, snapshot)
    return Undone(snapshot, back, kept)


def possible_undo(folder: StudentFolder, read: Read, number: int | None = None) -> Possible:
    """The newest change that can be taken back, so that none hides those before it.

    Where a change is named by its number it is that one. Raises Refused where there is none.
    """
    if number is not None:
        return _one(folder, read, number)
    why, refusal = (
        Refused(say("there is nothing to undo: the course has changed none of your files")),
        "",
    )
    for snapshot in snapshots.all_history(folder):
        if isinstance(snapshot, Damaged):
            why = why if refusal else Refused(_DAMAGED.format(snapshot.file))
            refusal = refusal or str(why)
            continue
        back = _attempt(folder, snapshot, read)
        if isinstance(back, Change):
            return Possible(snapshot, back, refusal)
        if not refusal:
            last = f"the last change ({snapshot.reason})"
            why, refusal = back, f"{last} can't be taken back now: {back}"
    raise why


def _one(folder: StudentFolder, read: Read, number: int) -> Possible:
    found = next((s for s in snapshots.history(folder) if s.number == number), None)
    if found is None:
        raise Refused(say("that change was taken back before"))
    return Possible(found, undo_change(folder, found, read))


def _attempt(folder: StudentFolder, snapshot: Snapshot, read: Read) -> Change | Refused:
    """What takes a change back, or why it can't be."""
    try:
        back = undo_change(folder, snapshot, read)
        for file in back.files:
            folder.place(file).path()
    except Refused as refused:
        return refused
    return back


def undo_change(folder: StudentFolder, snapshot: Snapshot, read: Read) -> Change:
    """The files of a snapshot with its change taken back. Raises Refused; writes nothing."""
    files: dict[str, FileChange] = {}
    for file, change in snapshot.files.items():
        now = read(file) if folder.path(file).exists() else None
        before = _taken_back(form_of(file), change, now)
        if before != now:
            files[file] = FileChange(now, before, change.names)
    return Change(f"undo {snapshot.reason}", files)


def keep_overwritten(folder: StudentFolder, snapshot: Snapshot, back: Change) -> Snapshot | None:
    """Keep what is overwritten, if the change of the snapshot did not put it there. Refused.

    Where it says something else than what the change put there, in a comment too, it can be brought
    back by undoing again; a text that an editor has only formatted is no work of the student's.
    """
    files = {
        file: change
        for file, change in back.files.items()
        if change.before != snapshot.files[file].after
    }
    if not files:
        return None
    formatted = not any(
        _says_more(form_of(file), change, snapshot.files[file]) for file, change in files.items()
    )
    return snapshots.take(folder, files, back.reason, undone=formatted)


def _says_more(form: Form, back: FileChange, made: FileChange) -> bool:
    """Whether a symbol that is overwritten is something else than what the change made of it."""
    ours, theirs = back.before or "", made.after or ""
    try:
        return any(
            form.symbol_digest(ours, name) != form.symbol_digest(theirs, name)
            or form.words(ours, name) != form.words(theirs, name)
            for name in back.names
        )
    except SyntaxError:
        return True


def _taken_back(form: Form, change: FileChange, now: str | None) -> str | None:
    """A file's text with a change of it taken back. Raises Refused."""
    if now is None or now == change.after:
        return change.before
    if change.before is None or not change.names:
        return now  # the student has gone on in a file that the course had put there
    here = form.mended(now, change.names)
    there = form.mended(change.before, change.names)
    text = here.text
    for name in change.names:
        if name in form.definitions(there.text):
            text = form.transplant(text, name, there.text, as_it_was=True)
        else:
            text = _without(form, text, name)
    text = form.with_imports(text, change.names, there.text)
    for name, written in there.broken.items():
        place = form.definitions(text)[name]
        start, end = place.signature.start.offset, place.whole.end.offset
        text = text[:start] + written + text[end:]
    return text


def _without(form: Form, text: str, name: str) -> str:
    """The text without a definition and the blank lines above it, if it can be read then."""
    found = form.definitions(text).get(name)
    if found is None:
        return text
    start = len(text[: found.whole.start.offset].rstrip())
    changed = text[:start] + text[line_end(text, found.whole.end.offset) :]
    with suppress(SyntaxError):
        form.definitions(changed)
        return changed
    return text
