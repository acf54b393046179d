"""The normal form: what a value at symbolic indices is made of, and the rules N1 to N12 that keep it; see README.md."""
