"""Runs a kernel without a GPU, thread by thread, and reports what a GPU would not tell."""
