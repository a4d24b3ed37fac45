"""The form of a step's file: what is in its text, how a part of it is made, moved, explained."""
