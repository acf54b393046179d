"""Whether an answer is right, and which slip was made if it is not."""
