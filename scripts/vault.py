#!/usr/bin/env python3
"""Change the values in a vault whose variables are encrypted one by one.

    scripts/vault.py renew FILE NAME...    a new random value
    scripts/vault.py prepend FILE NAME...  a new random value in the first line, above those that are there
    scripts/vault.py first FILE NAME...    nothing but the first line
    scripts/vault.py rekey FILE NEW        all of it with the password in another file

The password is that of ANSIBLE_VAULT_PASSWORD_FILE. No value is printed, nor written unencrypted. The file is replaced
as a whole, once all of it could be made.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, get_file_vault_secret

if TYPE_CHECKING:
    from collections.abc import Callable

# A variable as ansible-vault's encrypt_string writes it.
VARIABLE = re.compile(r"^(?P<name>\w+): !vault \|\n(?P<text>(?:[ \t]+\S.*\n?)+)", re.MULTILINE)
BYTES = 24
"""Of randomness in a new value, which shows them as twice as many hexadecimal digits."""
CHANGES: dict[str, Callable[[str], str]] = {
    "renew": lambda _old: secrets.token_hex(BYTES),
    "prepend": lambda old: f"{secrets.token_hex(BYTES)}\n{old}",
    "first": lambda old: old.partition("\n")[0],
    "rekey": lambda old: old,
}


class VaultError(Exception):
    """The file stays as it is. The message is one sentence for the operator."""


def password(file: str) -> VaultSecret:
    """Return the password that a file holds, or a program prints.

    Raises:
        VaultError: It cannot be read.
    """
    if not file:
        raise VaultError("Set ANSIBLE_VAULT_PASSWORD_FILE to the file with the vault's password.")
    try:
        secret = get_file_vault_secret(filename=file, vault_id="default", loader=DataLoader())
        secret.load()
    except AnsibleError as error:
        raise VaultError(f"The vault's password cannot be read: {error}") from None
    return secret


def change(text: str, names: list[str] | None, act: Callable[[str], str], old: VaultSecret, new: VaultSecret) -> str:
    """Return a vault's text after some of its values were changed, and encrypted with another password.

    Args:
        text: What is in the file.
        names: The variables; None for all.
        act: Makes the new value of the old one.
        old: The password that opens the values.
        new: The one that the changed values are encrypted with.

    Raises:
        VaultError: A variable is not there, or cannot be opened.
    """
    if text.startswith("$ANSIBLE_VAULT"):
        raise VaultError("The file is encrypted as a whole: use ansible-vault edit, or ansible-vault rekey.")
    found = {match["name"] for match in VARIABLE.finditer(text)}
    if missing := sorted(set(names or ()) - found):
        raise VaultError(f"There is no {', '.join(missing)} in the file; it has {', '.join(sorted(found)) or 'none'}.")
    opens, shuts = VaultLib([("default", old)]), VaultLib([("default", new)])

    def changed(match: re.Match[str]) -> str:
        if names is not None and match["name"] not in names:
            return match[0]
        sealed = "\n".join(line.strip() for line in match["text"].splitlines())
        try:
            value = opens.decrypt(sealed).decode()
        except AnsibleError:
            raise VaultError(f"{match['name']} cannot be decrypted with that password.") from None
        lines = shuts.encrypt(act(value), new).decode().splitlines()
        return f"{match['name']}: !vault |\n" + "".join(f"          {line}\n" for line in lines)

    return VARIABLE.sub(changed, text)


def main() -> int:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=CHANGES)
    parser.add_argument("file", type=Path)
    parser.add_argument("names", nargs="+", metavar="NAME", help="variables; for rekey the file with the new password")
    given = parser.parse_args()
    try:
        old = password(os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE", ""))
        rekeys = given.action == "rekey"
        new = password(given.names[0]) if rekeys else old
        names = None if rekeys else given.names
        text = change(given.file.read_text(encoding="utf-8"), names, CHANGES[given.action], old, new)
    except (VaultError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    whole = given.file.with_name(given.file.name + ".new")
    whole.write_text(text, encoding="utf-8")
    whole.chmod(given.file.stat().st_mode)
    whole.replace(given.file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
