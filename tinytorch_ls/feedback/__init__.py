"""From observations to words: verdicts, messages, named mistakes, hints and ranges."""
