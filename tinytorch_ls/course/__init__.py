"""The course as data: `course.toml` and `lesson.md` read into frozen dataclasses."""
