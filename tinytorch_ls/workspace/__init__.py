"""The student's folder: stubs, transplants, progress and snapshots."""
