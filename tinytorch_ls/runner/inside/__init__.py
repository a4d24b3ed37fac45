"""What runs beside student code: in the warm process and in the processes that it forks."""
