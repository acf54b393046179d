"""The command `tinygrad-lite`."""
