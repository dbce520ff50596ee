"""What can be said about instances before AWS is asked."""
