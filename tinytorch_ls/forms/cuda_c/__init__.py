"""The form of a file of CUDA C, read by its tokens; where libclang is, its grammar too."""
