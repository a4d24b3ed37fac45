"""From observations to verdicts: what is wrong, where, and which mistake it looks like."""
