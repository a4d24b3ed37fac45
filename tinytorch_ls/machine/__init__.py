"""The kernel machine: a kernel in a typed form, run in lockstep over all threads of many blocks."""
