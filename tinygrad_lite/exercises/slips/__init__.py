"""The slips that can be made in a backward pass, and what each of them leads to."""
