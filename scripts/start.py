"""`npm start`: sets up what is missing, then opens the course in VS Code or the browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from setup import VSIX, code_server, install_workbench, python, set_up, workbench_node
from stages import CACHE, ROOT, StageError, digest, is_done, main, mark_done, run

COURSE = ROOT / "my-course"
_READY_SECONDS = 60
_SETTINGS = {
    "workbench.startupEditor": "none",
    "git.openRepositoryInParentFolders": "never",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "telemetry.telemetryLevel": "off",
    "workbench.tips.enabled": False,
    "chat.disableAIFeatures": True,
    "security.workspace.trust.enabled": False,
}


def start() -> int:
    """Set up, make the course's folder, open it."""
    set_up(tests=False)
    make_course()
    code = shutil.which("code")
    return open_in_vscode(code) if code else open_in_browser()


def make_course() -> None:
    """The student's folder with its first module, and the interpreter that runs it."""
    if not (COURSE / ".tinytorch").is_dir():
        command = [python(), "-m", "tinytorch_ls", "start", COURSE]
        subprocess.run([str(word) for word in command], check=True, cwd=ROOT)
    write_settings(COURSE)


def write_settings(course: Path) -> None:
    """Add to the folder's settings what is not set in them; what can't be read stays as it is."""
    file = course / ".vscode" / "settings.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError:
        return
    settings = {**course_settings(), **known}
    if settings != known:
        file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def course_settings() -> dict[str, object]:
    """The interpreter of the course; its tests, shown by the debugger, are there to be read."""
    readonly = {f"{ROOT / name}/**": True for name in ("curriculum", "tinytorch", "tinytorch_ls")}
    return {"tinytorch.interpreter": str(python()), "files.readonlyInclude": readonly}


def open_in_vscode(code: str) -> int:
    """Install the extension into the student's VS Code and open the folder there."""
    key = digest([VSIX])
    if not is_done("vscode", key):
        subprocess.run([code, "--install-extension", str(VSIX), "--force"], check=True)
        mark_done("vscode", key)
    subprocess.run([code, str(COURSE)], check=True)
    print(f"TinyTorch is open in VS Code: {COURSE}")
    return 0


def open_in_browser() -> int:
    """Serve VS Code in the browser until Ctrl+C."""
    install_workbench()
    home = CACHE / "workbench"
    settings = home / "data" / "User" / "settings.json"
    if not settings.is_file():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(_SETTINGS, indent=2))
    places = ["--user-data-dir", str(home / "data"), "--extensions-dir", str(home / "extensions")]
    server = [str(workbench_node()), str(code_server()), *places]
    key = digest([VSIX])
    if not is_done("workbench-extension", key):
        command = [*server, "--install-extension", str(VSIX), "--force"]
        run("workbench-extension", "extension into the workbench", [command])
        mark_done("workbench-extension", key)
    port = free_port()
    options = ["--auth", "none", "--disable-telemetry", "--disable-update-check"]
    # The folder was made by this command a moment ago, so asking whether to trust it helps nobody.
    options += ["--disable-workspace-trust", "--bind-addr", f"127.0.0.1:{port}"]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen([*server, *options, str(COURSE)], stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        print(f"TinyTorch is at http://127.0.0.1:{port}/?folder={quote(str(COURSE))}", flush=True)
        print("Ctrl+C ends it.", flush=True)
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the workbench answers. Raises StageError if it ends or takes too long."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=1):
            return
        time.sleep(0.1)
    raise StageError(f"The workbench did not start; see {CACHE / 'workbench' / 'server.log'}")


def _end(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    os.chdir(Path(ROOT))
    signal.signal(signal.SIGTERM, _end)
    sys.path.insert(0, str(Path(__file__).parent))
    main(start)
