"""What a learner has in a folder: files with answers, and the state of the work."""
