"""The exercises that come with the package: a way through the lecture."""
