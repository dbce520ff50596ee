"""Replaces a container without losing a request: what to do (slots, spec, haproxy) and the two sockets it is done over."""
