"""CUDA C as a front end of the machine: libclang reads a `.cu` file, with no CUDA installed."""
