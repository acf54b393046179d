"""What stands on an edge: the local derivative as numbers and as a formula, and where it nearly dies."""
