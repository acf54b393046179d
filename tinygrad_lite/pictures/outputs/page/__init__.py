"""The page that steps through the backward pass: its data, its scripts and its styles in one file."""
