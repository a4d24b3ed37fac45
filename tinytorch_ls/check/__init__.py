"""The author's proofs: what makes a green tick trustworthy, one file a proof."""
