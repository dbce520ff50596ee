"""Replaces a container without losing a request.

What to do is decided in slots, spec, haproxy and readiness; engine and runtime are the sockets it is done over.
"""
