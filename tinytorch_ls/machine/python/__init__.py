"""numba's Python as a front end of the machine: from a function's syntax tree to the form."""
