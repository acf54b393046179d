"""How programs/generated.py is made from the bodies of the package's composites; for developers, and for no user.

    python -m tinygrad_lite.generating

writes it anew. A test does the same and compares the texts, so nothing in that file is typed in.
"""
