"""Answers that are code, run in a process of their own."""
