"""Uses the application as a person would, to tell whether it works."""
