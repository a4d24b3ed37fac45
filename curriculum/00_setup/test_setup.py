"""Step tests of module 00."""

import os
import platform
from contextlib import contextmanager, suppress

from tinytorch import environment
from tinytorch.environment import SystemInfo
from tinytorch_ls.lesson import step


@step("greet")
def test_greets_by_name(expect):
    expect(environment.greet("Ada")).equals(
        "Hello, Ada! Ready to build tinytorch.",
        because="the greeting names whoever is greeted",
    )
    expect(environment.greet("Grace Hopper")).equals(
        "Hello, Grace Hopper! Ready to build tinytorch.",
        because="blanks inside a name belong to it",
    )
    expect(environment.greet("Ada  Lovelace")).equals(
        "Hello, Ada  Lovelace! Ready to build tinytorch.",
        because="two blanks inside a name are two",
    )


@step("greet")
def test_leaves_the_name_as_it_is(expect):
    expect(environment.greet("bell hooks")).equals(
        "Hello, bell hooks! Ready to build tinytorch.",
        because="she writes her name in small letters",
    )
    expect(environment.greet("X")).equals(
        "Hello, X! Ready to build tinytorch.", because="one letter is a name too"
    )


@step("greet")
def test_drops_blanks_around_the_name(expect):
    expect(environment.greet("  Ada ")).equals(
        "Hello, Ada! Ready to build tinytorch.",
        because="blanks around a name are no part of it",
    )


@step("greet")
def test_greets_you_without_a_name(expect):
    expect(environment.greet("")).equals(
        "Hello, you! Ready to build tinytorch.", because="without a name it greets you"
    )
    expect(environment.greet("   ")).equals(
        "Hello, you! Ready to build tinytorch.", because="blanks alone are no name"
    )


@step("system-info")
def test_knows_the_system(expect):
    expect(environment.system_info().system).equals(
        platform.system(), because="platform.system() names the system"
    )
    expect(environment.system_info().cores).equals(
        os.cpu_count() or 1, because="os.cpu_count() counts the cores"
    )
    expect(environment.system_info().gpu).equals(
        environment.has_gpu(), because="has_gpu() says whether there is one"
    )


@step("system-info")
def test_lists_versions(expect):
    expect(environment.system_info().versions["python"]).equals(
        platform.python_version(), because="Python's own version stands under python"
    )
    expect(environment.system_info(("numpy", "pytest")).versions).equals(
        {
            "python": platform.python_version(),
            "numpy": environment.package_version("numpy"),
            "pytest": environment.package_version("pytest"),
        },
        because="each package that was asked for has its version",
    )


@step("system-info")
def test_leaves_out_what_is_missing(expect):
    expect(list(environment.system_info(("no-such-package",)).versions)).equals(
        ["python"], because="a package that is not installed gets no entry"
    )


@step("system-info")
def test_goes_on_behind_a_missing_package(expect):
    expect(list(environment.system_info(("no-such-package", "numpy")).versions)).equals(
        ["python", "numpy"], because="numpy is installed, whatever is missing before it"
    )


@contextmanager
def instead(owner, name, function):
    """Another function under a name, for a while."""
    own = getattr(owner, name)
    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, own)


def system_info_where(cpu_count=2, has_gpu=False):
    """What system_info says where os.cpu_count() and has_gpu() give these."""
    with (
        instead(os, "cpu_count", lambda: cpu_count),
        instead(environment, "has_gpu", lambda: has_gpu),
    ):
        return environment.system_info()


@step("system-info")
def test_knows_other_machines(expect):
    expect(system_info_where(cpu_count=None).cores).equals(
        1, because="os.cpu_count() gave None here: the number is not known, and 1 is counted"
    )
    expect(system_info_where(cpu_count=96).cores).equals(96, because="os.cpu_count() gave 96 here")
    expect(system_info_where(has_gpu=True).gpu).equals(True, because="has_gpu() gave True here")


@step("check-environment")
def test_is_silent_when_all_is_well(expect):
    versions = {"python": "3.12.1", "numpy": "2.4.6"}
    expect(environment.check_environment(SystemInfo("Linux", 2, versions, False))).equals(
        [], because="nothing is missing or too old, and no GPU is needed"
    )


@step("check-environment")
def test_names_what_is_missing(expect):
    versions = {"python": "3.12.1"}
    expect(environment.check_environment(SystemInfo("Linux", 2, versions, False))).equals(
        ["numpy is missing: install numpy 1.26 or newer"],
        because="versions has no entry for numpy",
    )


@step("check-environment")
def test_compares_numbers(expect):
    versions = {"python": "3.9.18", "numpy": "1.100.0"}
    expect(environment.check_environment(SystemInfo("Linux", 2, versions, False))).equals(
        ["python 3.9.18 is too old: install python 3.10 or newer"],
        because="9 is below 10, and 100 is above 26",
    )


@step("check-environment")
def test_accepts_the_minimum(expect):
    versions = {"numpy": "1.26", "jax": "0.4"}
    minimum = {"numpy": "1.26", "jax": "0.4.1"}
    expect(environment.check_environment(SystemInfo("Linux", 2, versions, False), minimum)).equals(
        ["jax 0.4 is too old: install jax 0.4.1 or newer"],
        because="1.26 is enough for 1.26, and 0.4 comes before 0.4.1",
    )


@step("check-environment")
def test_reports_every_problem(expect):
    versions = {"numpy": "1.9"}
    expect(environment.check_environment(SystemInfo("Linux", 2, versions, False))).equals(
        [
            "python is missing: install python 3.10 or newer",
            "numpy 1.9 is too old: install numpy 1.26 or newer",
        ],
        because="there are two problems, and somebody wants to hear of both",
    )


@step("check-environment")
def test_goes_by_the_order_of_the_minimum(expect):
    minimum = {"numpy": "1.26", "torch": "2.0", "jax": "0.4"}
    versions = {"torch": "1.13"}
    expect(environment.check_environment(SystemInfo("Linux", 2, versions, False), minimum)).equals(
        [
            "numpy is missing: install numpy 1.26 or newer",
            "torch 1.13 is too old: install torch 2.0 or newer",
            "jax is missing: install jax 0.4 or newer",
        ],
        because="the advice comes in the order of `minimum`",
    )


def clock_of(*times):
    """A clock that shows these times, one after the other."""
    left = iter(times)
    return lambda: next(left)


def calls_made_by(time_call, **arguments):
    """How often time_call calls the function that it is to time, also where it ends in an error."""
    calls = []
    with suppress(ValueError):
        time_call(lambda: calls.append(1), clock=lambda: 0.0, **arguments)
    return len(calls)


@step("time-call")
def test_times_one_call(expect):
    clock = clock_of(10.0, 12.5)
    expect(environment.time_call(lambda: None, repeats=1, warmup=0, clock=clock)).equals(
        2.5, because="the clock went from 10 to 12.5"
    )


@step("time-call")
def test_takes_the_median(expect):
    clock = clock_of(0.0, 3.0, 10.0, 12.0, 20.0, 110.0)
    expect(environment.time_call(lambda: None, repeats=3, clock=clock)).equals(
        3.0, because="3 is the median of 3, 2 and 90"
    )


@step("time-call")
def test_warms_up_without_the_clock(expect):
    now = [0.0]
    calls = []

    def slow_at_first():
        calls.append(now[0])
        now[0] += 100.0 if len(calls) <= 2 else 4.0

    expect(environment.time_call(slow_at_first, repeats=2, warmup=2, clock=lambda: now[0])).equals(
        4.0, because="the two slow calls are the warm-up"
    )
    expect(calls_made_by(environment.time_call, repeats=2, warmup=2)).equals(
        4, because="two calls warm up and two are timed"
    )


@step("time-call")
def test_takes_the_middle_of_an_even_number(expect):
    clock = clock_of(0.0, 1.0, 10.0, 13.0, 20.0, 29.0, 40.0, 141.0)
    expect(environment.time_call(lambda: None, repeats=4, warmup=0, clock=clock)).equals(
        6.0, because="of 1, 3, 9 and 101 the two in the middle are 3 and 9, and 6 is their mean"
    )


@step("time-call")
def test_leaves_out_what_lies_between_the_calls(expect):
    clock = clock_of(0.0, 1.0, 50.0, 52.0, 90.0, 93.0)
    expect(environment.time_call(lambda: None, repeats=3, warmup=0, clock=clock)).equals(
        2.0, because="1, 2 and 3 passed inside the calls; the clock is read before each of them"
    )


@step("time-call")
def test_has_defaults(expect):
    expect(environment.time_call(lambda: None, clock=lambda: 0.0)).equals(
        0.0, because="this clock stands still"
    )
    expect(calls_made_by(environment.time_call)).equals(
        6, because="one call warms up and five are timed"
    )


@step("time-call")
def test_refuses_no_repeats(expect):
    once = environment.time_call(lambda: None, repeats=1, clock=iter([2.0, 5.0]).__next__)
    expect(once).equals(3.0, because="one timed call is its own median")
    expect.raises(
        ValueError,
        environment.time_call,
        lambda: None,
        repeats=0,
        mentions=("0",),
        because="the median of no calls does not exist",
    )
    expect.raises(
        ValueError,
        environment.time_call,
        lambda: None,
        repeats=-3,
        mentions=("-3",),
        because="a number below 1 is refused",
    )
    expect(calls_made_by(environment.time_call, repeats=0)).equals(
        0, because="it is refused before anything is called"
    )


@step("report")
def test_reports_the_machine(expect):
    info = environment.system_info(("numpy", "no-such-package"))
    gpu = "a GPU" if environment.has_gpu() else "no GPU (none is needed)"
    lines = [
        f"{platform.system()}, {os.cpu_count() or 1} cores, {gpu}",
        f"python {platform.python_version()}",
        f"numpy {environment.package_version('numpy')}",
        "ready",
    ]
    expect(environment.environment_report(info)).equals(
        "\n".join(lines), because="this machine has all that is needed"
    )


@step("report")
def test_reports_advice(expect):
    versions = {"python": "3.9.1"}
    expect(environment.environment_report(SystemInfo("Linux", 2, versions, False))).mentions(
        "no GPU",
        "python 3.9.1 is too old: install python 3.10 or newer",
        "numpy is missing: install numpy 1.26 or newer",
        because="the advice stands in the report",
    )


@step("report")
def test_times_the_report(expect):
    info, reports = environment.system_info(), []
    clock = clock_of(0.0, 3.0, 10.0, 12.0, 20.0, 110.0)

    def report():
        reports.append(environment.environment_report(info))

    expect(environment.time_call(report, repeats=3, clock=clock)).equals(
        3.0, because="by this clock the reports took 3, 2 and 90, and the median is 3"
    )
    expect(len(reports)).equals(4, because="one report warms up and three are timed")


@step("report")
def test_greets_the_system(expect):
    system = environment.system_info().system
    expect(environment.greet(f" {system} ")).equals(
        f"Hello, {platform.system()}! Ready to build tinytorch.",
        because="the system's name is a name with blanks around it here",
    )
