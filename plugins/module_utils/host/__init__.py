"""What there is to know about a host, read from its files and its Docker socket."""
