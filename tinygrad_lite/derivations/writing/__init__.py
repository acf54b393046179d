"""From a value in normal form to a formula as a lecturer writes it, and the words beside it."""
