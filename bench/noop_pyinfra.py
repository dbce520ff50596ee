"""The same fifty operations for pyinfra: pyinfra INVENTORY noop_pyinfra.py."""

from pyinfra.operations import files

for number in range(50):
    files.directory(name=f"Keep a folder that is there ({number})", path="/etc", present=True, _sudo=True)
