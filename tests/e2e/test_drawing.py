"""A student writes a digit, and the network that they built and trained says what it is."""

from __future__ import annotations

import math

import pytest
from playwright.sync_api import Locator, expect

from tinytorch_ls.workspace.changes import solve
from tinytorch_ls.workspace.folder import StudentFolder
from workbench import Workbench, until

STEP = "training/lenet-1998"
SOURCE = "image => image.src"


@pytest.fixture(scope="module")
def course(course: StudentFolder) -> StudentFolder:
    """The course as it is where LeNet is trained: all of it is written."""
    training = course.course.module("training")
    used = {course.course.module_of(file).id for file in training.uses}
    for module in course.course.modules:
        if module.id in used:
            solve(course, [step for step in module.steps if step.symbols], module.id)
    return course


def height(picture: Locator) -> float:
    box = picture.bounding_box()
    return box["height"] if box else 0.0


def write_a_zero(workbench: Workbench, field: Locator) -> None:
    """With the mouse, off the middle and small."""
    box = field.bounding_box()
    assert box
    mouse = workbench.page.mouse
    for turn in range(25):
        angle = 2 * math.pi * turn / 24
        x, y = 0.4 + 0.15 * math.sin(angle), 0.5 - 0.25 * math.cos(angle)
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if turn == 0:
            mouse.down()
    mouse.up()


def test_a_digit_that_is_written_is_read_and_cleared_away(
    workbench: Workbench, course: StudentFolder
) -> None:
    lesson = workbench.lesson()
    expect(lesson.locator("h1")).to_be_visible()  # the welcome has come to its end
    workbench.expand("09 Training")
    workbench.take(course.course.steps[STEP].title)
    lesson.get_by_role("button", name="Run", exact=True).click()
    field = lesson.get_by_role("img", name="Write a digit:", exact=True)
    expect(field).to_be_visible(timeout=120_000)  # it is trained first
    picture = lesson.locator("figure img")
    curves = picture.evaluate(SOURCE)
    workbench.command("Notifications: Clear All Notifications")  # they lie over the foot
    workbench.shot("60-trained")
    place, small = field.bounding_box(), picture.bounding_box()
    assert small
    write_a_zero(workbench, field)
    until(lambda: picture.evaluate(SOURCE) != curves)
    workbench.page.wait_for_timeout(1000)  # the last of the drawings is the one to be looked at
    assert field.bounding_box() == place  # it stays below the pen
    workbench.shot("61-written")
    lesson.get_by_role("button", name="Clear").press("Enter")
    until(lambda: picture.evaluate(SOURCE) == curves)
    picture.click()
    until(lambda: height(picture) > 1.1 * small["height"])
    workbench.shot("62-enlarged")
    picture.press("Enter")
    until(lambda: height(picture) == small["height"])
