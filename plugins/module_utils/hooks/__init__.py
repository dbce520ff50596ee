"""Tells others what happened: commands of the operator's, and webhooks.

What a hook may look like is said in model; delivery runs one.
"""
