"""A small certificate authority: what it issues, and when it has to issue again."""
