"""Answers, read and computed: what numbers a learner's formula gives at each point."""
