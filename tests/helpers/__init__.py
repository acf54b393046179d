"""What several test files share, imported as `from tests.helpers.x import y`."""
