"""Whatever student code does to its process, the report says so and the next run works."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from runner.conftest import Bench

from tinytorch_ls.runner.fork import Forking
from tinytorch_ls.runner.values import ArrayValue

RIGHT = "def first(x):\n    return x + 1\n"

CASES: dict[str, tuple[str, str, str, int | None]] = {
    # name: (code of `first`, kind of limit, part of its detail, the student's line if it is known)
    "endless loop": ("def first(x):\n    while x := x + 1: pass\n", "endless", "1.5 s", 2),
    "endless loop that catches all": (
        "def first(x):\n    while True:\n        try:\n            x += 1\n"
        "        except BaseException:\n            pass\n",
        "endless" if sys.version_info >= (3, 11) else "stuck",  # 3.10 runs no handler at a `try`
        "1.5 s",
        None,
    ),
    "endless loop in C": (
        "def first(x):\n    return sum(iter(int, 1))\n",
        "stuck",
        "1.5 s",
        2,
    ),
    "endless loop that ignores the alarm": (
        "import signal\ndef first(x):\n    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "    while True: pass\n",
        "stuck",
        "1.5 s",
        4,
    ),
    "sleeping": ("import time\ndef first(x):\n    time.sleep(60)\n", "waiting", "3 s", 3),
    "sys.exit": ("import sys\ndef first(x):\n    sys.exit(3)\n", "exit", "3", 3),
    "os._exit": ("import os\ndef first(x):\n    os._exit(0)\n", "exit", "0", 3),
    "segfault": (
        "import ctypes\ndef first(x):\n    ctypes.string_at(0)\n",
        "crash",
        "SIGSEGV",
        3,
    ),
    "abort": ("import os\ndef first(x):\n    os.abort()\n", "crash", "SIGABRT", 3),
    "too much memory at once": (
        "import numpy\ndef first(x):\n    return numpy.ones(10**10)\n",
        "memory",
        "256 MiB",
        3,
    ),
    "memory that grows": (
        "def first(x):\n    kept = []\n    while True:\n        kept.append(bytearray(10**7))\n",
        "memory",
        "256 MiB",
        4,
    ),
    "flood of prints": (
        "def first(x):\n    while True:\n        print('x' * 10_000)\n",
        "file-size",
        "2 MiB",
        3,
    ),
    "a file that grows": (
        "def first(x):\n    with open('x', 'wb') as file:\n        while True:\n"
        "            file.write(bytes(10**6))\n",
        "file-size",
        "2 MiB",
        4,
    ),
    "fork": ("import os\ndef first(x):\n    os.fork()\n", "processes", "os.fork", 3),
    "fork bomb": (
        "import os\ndef first(x):\n    while True:\n        os.fork()\n",
        "processes",
        "os.fork",
        4,
    ),
    "subprocess": (
        "import subprocess\ndef first(x):\n    subprocess.run(['true'])\n",
        "processes",
        "subprocess.Popen",
        3,
    ),
    "killing the parent": (
        "import os\ndef first(x):\n    os.kill(os.getppid(), 9)\n",
        "processes",
        "os.kill",
        3,
    ),
    "closing every descriptor": (
        "import os\ndef first(x):\n    os.closerange(0, 4096)\n    return x + 1\n",
        "crash",
        "",
        None,
    ),
}


@pytest.mark.parametrize(
    "error", ["ValueError('[Errno 27] is in this text')", "OSError('[Errno 27] File too large')"]
)
async def test_an_error_that_reads_like_a_limit_is_none(bench: Any, error: str) -> None:
    run = await bench.first(f"def first(x):\n    raise {error}\n")
    assert run.limit is None
    (test,) = run.tests
    assert "[Errno 27]" in test.raised.message


@pytest.mark.parametrize("case", CASES)
async def test_hostile_code_gets_its_limit_and_the_next_run_works(bench: Any, case: str) -> None:
    code, kind, detail, line = CASES[case]
    run = await bench.first(code)
    assert run.limit is not None
    assert run.limit.kind == kind
    assert detail in run.limit.detail
    assert not run.passed
    if line is not None:
        assert run.stopped_in is not None
        assert Path(run.stopped_in.file) == bench.file
        assert run.stopped_in.line == line
    assert (await bench.first(RIGHT)).passed


async def test_endless_recursion_is_an_error_of_the_student(bench: Any) -> None:
    run = await bench.first("def first(x):\n    return first(x)\n")
    assert run.tests[0].raised is not None
    assert run.tests[0].raised.type == "RecursionError"
    assert run.tests[0].raised.frames[-1].line == 2
    assert (await bench.first(RIGHT)).passed


@pytest.mark.parametrize(
    "change",
    [
        "shutil.rmtree(place)",
        "open(__file__, 'w')",
        "os.remove(__file__)",
        "os.rename(__file__, place + '/other')",
        "pathlib.Path(place, 'new').mkdir()",
        "numpy.save(place + '/new', numpy.ones(3))",
        "os.open(place + '/new', os.O_CREAT | os.O_WRONLY)",
    ],
)
async def test_a_change_outside_the_scratch_folder_is_refused(bench: Any, change: str) -> None:
    code = (
        "import os, shutil, pathlib, numpy\ndef first(x):\n    place = os.path.dirname(__file__)\n"
    )
    run = await bench.first(f"{code}    {change}\n")
    assert run.limit is not None
    assert run.limit.kind == "write"
    assert str(bench.root) in run.limit.detail
    assert run.stopped_in.line == 4
    assert sorted(path.name for path in bench.file.parent.iterdir()) == ["__init__.py", "box.py"]
    assert bench.file.read_text(encoding="utf-8").endswith("return x * 2\n")


OTHER_WAYS = {
    "os.open by dir_fd": "os.open('new', os.O_CREAT | os.O_WRONLY, dir_fd=here)",
    "os.open by name": "os.open(path='new', flags=os.O_CREAT | os.O_RDWR, mode=0o600, dir_fd=here)",
    "posix.open by dir_fd": "posix.open('new', os.O_CREAT | os.O_WRONLY, dir_fd=here)",
    "O_TRUNC": "os.open(__file__, os.O_RDONLY | os.O_TRUNC)",
    "an opener": "open('new', 'w', opener=lambda p, f: os.open(p, f, dir_fd=here))",
    "mkdir": "os.mkdir('new', dir_fd=here)",
    "remove": "os.remove('box.py', dir_fd=here)",
    "rmdir": "os.rmdir('empty', dir_fd=here)",
    "rename": "os.rename('box.py', 'other.py', src_dir_fd=here, dst_dir_fd=here)",
    "rename out": "open('x', 'w').close(), os.rename('x', 'new', dst_dir_fd=here)",
    "link": "os.link('box.py', 'mine.py', src_dir_fd=here)",
    "symlink": "os.symlink('x', 'new', dir_fd=here)",
    "utime": "os.utime('box.py', dir_fd=here)",
    "chmod": "os.chmod('box.py', 0o777, dir_fd=here)",
    "a descriptor's mode": "os.fchmod(here, 0o777)",
    "mkfifo": "os.mkfifo(place + '/new')",
    "mkfifo by dir_fd": "os.mkfifo('new', dir_fd=here)",
    "mknod": "os.mknod(place + '/new')",
    "the file system of processes": "open(f'/proc/self/fd/{here}/new', 'w')",
    "a link out": "os.symlink(place, 'out'), open('out/new', 'w')",
    "mkdir by a link and up": "os.symlink(place, 'l'), os.mkdir('l/../tinytorch/new')",
    "remove by a link and up": "os.symlink(place, 'l'), os.remove('l/../tinytorch/box.py')",
    "rename by a link and up": "os.symlink(place, 'l'), os.rename('l/../tinytorch/box.py', 'b')",
    "symlink by a link and up": "os.symlink(place, 'l'), os.symlink('x', 'l/../tinytorch/new')",
    "another working folder": "os.fchdir(here), open('new', 'w')",
    "sqlite": "sqlite3.connect(place + '/new')",
    "sqlite by uri": "sqlite3.connect(f'file:{place}/new?mode=rwc', uri=True)",
    "sqlite attach": "sqlite3.connect(':memory:').execute(f\"ATTACH '{place}/new' AS x\")",
    "sqlite connection": "sqlite3.Connection(':memory:').execute(f\"ATTACH '{place}/new' AS x\")",
    "sqlite subclass": "type('Own', (sqlite3.Connection,), {})(':memory:').execute("
    "f\"ATTACH '{place}/new' AS x\")",
    "sqlite authorizer": "c = sqlite3.connect(':memory:'); c.set_authorizer(None); "
    "c.execute(f\"ATTACH '{place}/new' AS x\")",
    "sqlite vacuum": "sqlite3.connect(':memory:').execute(f\"VACUUM INTO '{place}/new'\")",
    "a socket": "socket.socket(socket.AF_UNIX).bind(place + '/new')",
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what Linux has of these")
@pytest.mark.parametrize("way", OTHER_WAYS)
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_no_other_way_leads_out_of_the_scratch_folder(bench: Any, way: str) -> None:
    run = await bench.first(
        "import os, posix, socket, sqlite3\ndef first(x):\n    place = os.path.dirname(__file__)\n"
        f"    here = os.open(place, os.O_RDONLY)\n    {OTHER_WAYS[way]}\n    return x + 1\n"
    )
    assert run.limit is not None
    assert run.limit.kind == "write"
    assert str(bench.file.parent) in run.limit.detail
    assert run.stopped_in.line == 5
    assert sorted(path.name for path in bench.file.parent.iterdir()) == ["__init__.py", "box.py"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what Linux has of these")
@pytest.mark.parametrize(
    "change",
    [
        "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (5, 5))",
        "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
        "os.setpgid(0, os.getpgid(os.getppid()))",  # out of the group that is killed
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "os.setpriority(os.PRIO_USER, 0, 19)",
        "os.sched_setaffinity(os.getppid(), {0})",
    ],
)
async def test_other_processes_are_left_as_they_are(bench: Any, change: str) -> None:
    run = await bench.first(
        f"import os, resource, signal\ndef first(x):\n    {change}\n    return x + 1\n"
    )
    assert run.limit is not None
    assert run.limit.kind == "processes"
    assert run.limit.detail.rpartition(".")[2] in change
    assert run.stopped_in.line == 3
    assert (await bench.first(RIGHT)).passed


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what Linux has of these")
async def test_a_run_may_change_its_own_process(bench: Any) -> None:
    code = """\
import os, resource
def first(x):
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))
    resource.prlimit(0, resource.RLIMIT_NOFILE)
    resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE)
    return x + 1
"""
    assert (await bench.first(code)).passed


@pytest.mark.parametrize("module", ["_interpreters", "_xxsubinterpreters"])
async def test_no_interpreter_is_started_in_which_nobody_watches(bench: Any, module: str) -> None:
    new = bench.file.parent / "new"
    run = await bench.first(
        f"import {module} as i\ndef first(x):\n"
        f"    i.run_string(i.create(), \"open({str(new)!r}, 'w')\")\n    return x + 1\n"
    )
    assert run.tests[0].raised.type in ("ImportError", "ModuleNotFoundError")
    assert not new.exists()


@pytest.mark.parametrize("module", ["readline", "_gdbm", "_dbm"])
async def test_a_module_that_writes_unseen_is_not_there(bench: Any, module: str) -> None:
    run = await bench.first(f"import {module}\ndef first(x):\n    return x + 1\n")
    assert run.tests[0].raised.type in ("ImportError", "ModuleNotFoundError")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what Linux has of these")
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_no_shared_memory_is_left_behind(bench: Any) -> None:
    place = Path(f"/dev/shm/tinytorch-test-{os.getpid()}")
    run = await bench.first(
        "from multiprocessing import shared_memory\ndef first(x):\n"
        f"    shared_memory.SharedMemory({place.name!r}, create=True, size=10)\n    return x + 1\n"
    )
    assert run.limit is not None
    assert (run.limit.kind, run.limit.detail) == ("write", str(place))
    assert not place.exists()


async def test_every_way_to_write_is_free_in_the_folder_of_the_run(bench: Any) -> None:
    run = await bench.first(
        """\
        import os, shutil, sqlite3, tempfile
        def first(x):
            os.makedirs('a/b')
            if os.name == 'posix':
                here = os.open('a', os.O_RDONLY)
                os.close(os.open('new', os.O_CREAT | os.O_WRONLY, dir_fd=here))
                os.rename('new', 'b/other', src_dir_fd=here, dst_dir_fd=here)
            shutil.rmtree('a')
            with sqlite3.connect('mine.db') as base:
                base.execute('CREATE TABLE t (x)')
                base.execute("ATTACH ':memory:' AS y")
            sqlite3.connect(':memory:').close()
            with tempfile.TemporaryDirectory() as folder:
                open(folder + '/x', 'w').close()
            open(os.devnull, 'w').close()
            return x + 1
        """
    )
    assert run.passed, run


NETWORK = {
    "connect": ("s.connect(('192.0.2.1', 80))", "192.0.2.1:80"),
    "connect_ex": ("s.connect_ex(('192.0.2.1', 80))", "192.0.2.1:80"),
    "sendto": (
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "192.0.2.1:53",
    ),
    "bind": ("s.bind(('', 0))", "every address"),
    "a name": ("socket.getaddrinfo('example.org', 80)", "example.org"),
    "a url": ("urllib.request.urlopen('http://192.0.2.1/')", "192.0.2.1"),
    "an address of IPv6": (
        "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
        "2001:db8::1:80",
    ),
    "a socket of the file system": (
        "socket.socket(socket.AF_UNIX).bind(bytearray(__file__.encode() + b'.new'))",
        "box.py.new",
    ),
}


@pytest.mark.parametrize("way", NETWORK)
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_nothing_beyond_this_machine_is_reached(bench: Any, way: str) -> None:
    call, detail = NETWORK[way]
    run = await bench.first(
        "import socket, urllib.request\ndef first(x):\n    s = socket.socket()\n"
        f"    try:\n        {call}\n    except OSError:\n        pass\n    return x + 1\n"
    )
    assert run.limit is not None
    assert run.limit.kind == "network"
    assert detail in run.limit.detail
    assert run.stopped_in.line == 5


async def test_a_test_may_have_a_server_on_loopback(bench: Any) -> None:
    run = await bench.first(
        """\
        import threading, urllib.request
        from http.server import BaseHTTPRequestHandler, HTTPServer

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'4')

        def first(x):
            with HTTPServer(('127.0.0.1', 0), Answer) as server:
                threading.Thread(target=server.serve_forever, daemon=True).start()
                with urllib.request.urlopen(f'http://localhost:{server.server_port}/') as reply:
                    answer = int(reply.read())
                server.shutdown()
            return answer
        """
    )
    assert run.passed, run


POOLS = {
    "spawn": "multiprocessing.get_context('spawn').Process(target=print).start()",
    "forkserver": "multiprocessing.get_context('forkserver').Process(target=print).start()",
    "a pool": "multiprocessing.get_context('spawn').Pool(2).map(abs, [x])",
    "an executor": "concurrent.futures.ProcessPoolExecutor().submit(abs, x).result()",
    "an executor that spawns": "concurrent.futures.ProcessPoolExecutor("
    "mp_context=multiprocessing.get_context('spawn')).submit(abs, x).result()",
}


@pytest.mark.parametrize("way", POOLS)
async def test_several_processes_are_refused_and_hang_nothing(bench: Any, way: str) -> None:
    run = await bench.first(
        "import concurrent.futures, multiprocessing\ndef first(x):\n    try:\n"
        f"        {POOLS[way]}\n    finally:\n        return x + 1\n"
    )
    assert run.limit is not None
    assert run.limit.kind == "processes"
    assert run.stopped_in.line == 4


async def test_the_end_of_a_failed_expectation_raised_by_hand_is_no_pass(bench: Any) -> None:
    run = await bench.first(
        "from tinytorch_ls.runner.inside.expect import Unmet\ndef first(x):\n    raise Unmet\n"
    )
    assert not run.passed
    assert run.limit is None
    assert run.tests[0].raised is not None
    assert run.tests[0].raised.frames[-1].line == 3


async def test_a_refused_change_counts_even_where_the_student_hides_the_error(bench: Any) -> None:
    run = await bench.first(
        "import os\ndef first(x):\n    try:\n        os.remove(__file__)\n"
        "    except OSError:\n        pass\n    return x + 1\n"
    )
    assert run.limit is not None
    assert run.limit.kind == "write"


async def test_a_step_may_write_in_the_folder_of_its_run(bench: Any) -> None:
    run = await bench.first(
        "import os\ndef first(x):\n    open('mine.txt', 'w').write('x')\n"
        "    os.remove('mine.txt')\n    return x + 1\n"
    )
    assert run.passed


async def test_a_folder_whose_name_begins_like_the_scratch_folder_is_not_writable(
    bench: Any,
) -> None:
    run = await bench.first(
        "import os\ndef first(x):\n    os.mkdir(os.getcwd() + '-other')\n    return x + 1\n"
    )
    assert run.limit is not None
    assert run.limit.kind == "write"


async def test_a_limit_of_one_step_leaves_the_others_alone(bench: Any) -> None:
    bench.write(
        "def first(x):\n    while True:\n        print('x' * 10_000)\n",
        "def second(x):\n    print('y' * 5_000, flush=True)\n    return x * 2\n",
    )
    first, second = await bench.run("first", "second")
    assert first.limit is not None
    assert second.passed
    assert second.output.startswith("yyy")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("while True:\n    pass\n", "endless"),
        ("import sys\nsys.exit(1)\n", "exit"),
        ("import os\nos.remove(__file__)\n", "write"),
    ],
)
async def test_what_ends_the_import_is_reported_of_every_step_at_once(
    bench: Any, code: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.runner.surveyed("box", ("box/first", "box/second"))
    started: list[Any] = []
    start = bench.runner.strategy.start

    async def counted(job: Any) -> Any:
        started.append(job)
        return await start(job)

    monkeypatch.setattr(bench.runner.strategy, "start", counted)
    bench.write(code)
    runs = await bench.run("first", "second")
    assert len(started) == 1
    assert [run.step for run in runs] == ["box/first", "box/second"]
    for run in runs:
        assert run.limit is not None
        assert run.limit.kind == kind
        assert run.stopped_in is not None


async def test_junk_on_every_descriptor_is_a_crash_and_not_an_error_of_ours(bench: Any) -> None:
    run = await bench.first(
        "import os\ndef first(x):\n    for number in range(3, 64):\n        try:\n"
        "            os.write(number, b'not json\\n')\n        except OSError:\n"
        "            pass\n    return x + 1\n"
    )
    assert run.limit is not None
    assert run.limit.kind == "crash"
    assert (await bench.first(RIGHT)).passed


async def test_a_huge_array_is_reported_by_its_shape(bench: Any) -> None:
    run = await bench.first(
        "import numpy\ndef first(x):\n    return numpy.broadcast_to(1.0, (10**6, 10**6))\n"
    )
    value = run.tests[0].observations[0].value
    assert value == ArrayValue("float64", (10**6, 10**6), None)


async def test_a_list_that_explodes_is_a_wrong_value(bench: Any) -> None:
    run = await bench.first(
        "def first(x):\n    for _ in range(12):\n        x = [x] * 1000\n    return x\n"
    )
    assert run.limit is None
    (seen,) = run.tests[0].observations
    assert not seen.passed
    assert seen.value.length == 1000


async def test_a_number_of_ten_thousand_digits_is_a_wrong_value(bench: Any) -> None:
    run = await bench.first("def first(x):\n    return 10**10000\n")
    assert run.tests[0].raised is None
    assert not run.tests[0].observations[0].passed


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize("strategy", [Forking], indirect=True)
async def test_a_killed_zygote_is_replaced(bench: Any) -> None:
    assert (await bench.first(RIGHT)).passed
    os.kill(bench.runner.strategy.current.result().process.pid, signal.SIGKILL)
    assert (await bench.first(RIGHT)).passed


async def test_a_parent_killed_from_c_is_a_crash_and_the_next_run_works(bench: Any) -> None:
    code = (
        "import ctypes, os\ndef first(x):\n    ctypes.CDLL(None).kill({}, 9)\n    while x: pass\n"
    )
    target = "os.getppid()" if isinstance(bench.runner.strategy, Forking) else "os.getpid()"
    run = await bench.first(code.format(target))
    assert run.limit is not None
    assert run.limit.kind == "crash"
    assert (await bench.first(RIGHT)).passed


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
async def test_processes_started_behind_our_back_die_with_the_run(bench: Any) -> None:
    mark = f"tinytorch-orphan-{os.getpid()}"
    await bench.first(
        "import ctypes, os, time\ndef first(x):\n    c = ctypes.CDLL(None)\n"
        "    if c.fork() == 0:\n        c.prctl(1, 0, 0, 0, 0)\n        if c.fork() == 0:\n"
        f"            c.execlp(b'sleep', b'{mark}', b'300', None)\n"
        "        while True: time.sleep(1)\n"
        "    time.sleep(0.3)\n    return x + 1\n"
    )
    await gone(mark)


async def test_cancelling_a_run_kills_its_process(bench: Any) -> None:
    bench.write(
        "import os\ndef first(x):\n    open('begun', 'w').close()\n    while True:\n        pass\n"
    )
    task = asyncio.create_task(bench.run("first"))
    scratch = await scratch_of(bench)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not scratch.exists()
    assert (await bench.first(RIGHT)).passed


async def scratch_of(bench: Any) -> Path:
    """The folder of the run under way, once student code has begun."""

    async def look() -> Path:
        while True:
            for place in Path(tempfile.gettempdir()).glob("tinytorch-runs-*/run-*/begun"):
                job = place.parent / "job.json"
                if job.is_file() and str(bench.root) in job.read_text(encoding="utf-8"):
                    return place.parent
            await asyncio.sleep(0.01)

    return await asyncio.wait_for(look(), 10)


async def gone(mark: str) -> None:
    """Wait until no process has this name."""

    async def look() -> None:
        while any(mark.encode() in line for line in command_lines()):
            await asyncio.sleep(0.02)

    await asyncio.wait_for(look(), 5)


def command_lines() -> list[bytes]:
    found: list[bytes] = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(place.read_bytes())
    return found


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise SyntaxError(['x'])", "['x']"),
        ("raise SyntaxError", ""),
        ("raise IndentationError(5)", "5"),
        ("compile('(', 'somewhere', 'exec')", "'(' was never closed"),
    ],
)
async def test_a_syntax_error_of_no_file_is_an_error_like_others(
    bench: Bench, body: str, message: str
) -> None:
    run = await bench.first(f"def first(x):\n    {body}\n")
    assert run.limit is None
    error = run.tests[0].raised
    assert error
    assert (error.syntax_error, error.message) == (False, message)
    assert error.frames[-1].file == str(bench.file)


async def test_an_error_whose_text_ends_the_process_is_an_error_like_others(bench: Bench) -> None:
    code = """
        class Hostile(Exception):
            def __str__(self):
                raise SystemExit(3)

        def first(x):
            raise Hostile
        """
    run = await bench.first(code)
    assert run.limit is None
    assert run.tests[0].raised
    assert run.tests[0].raised.type == "Hostile"


async def test_a_report_that_student_code_wrote_is_not_read(bench: Bench) -> None:
    code = """
        import os

        def first(x):
            for descriptor in range(3, 64):
                try:
                    os.write(descriptor, b'{"run": 1}\\n')
                except OSError:
                    pass
            return x + 1
        """
    run = await bench.first(code)
    assert run.limit
    assert run.limit.kind == "crash"
    bench.write("def first(x):\n    return x + 1\n")
    (after,) = await bench.run("first")
    assert after.passed
