"""The chain rule, line by line: which lines are written, and their check against the engine."""
