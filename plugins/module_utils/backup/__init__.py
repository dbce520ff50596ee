"""What the repositories of the backups hold, and what that is good for."""
