"""Everything that serves the course: its lessons, the student's folder, the runner, the editor."""

__version__ = "0.1.0"
