"""The values of a vault are changed one by one, and no other is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

SCRIPT = Path(__file__).parents[3] / "scripts" / "vault.py"
TOOL = Path(sys.executable).with_name("ansible-vault")


class Vault:
    """A file with encrypted values, and the passwords that open it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.password, self.next = (folder / name for name in ("vault.yml", "password", "next"))
        self.password.write_text("first password\n")
        self.next.write_text("second password\n")
        self.file.write_text("# Ours.\n" + "".join(self.sealed(name, f"old-{name}") for name in ("vault_a", "vault_b")))

    def environment(self) -> dict[str, str]:
        return os.environ | {"ANSIBLE_VAULT_PASSWORD_FILE": str(self.password)}

    def sealed(self, name: str, value: str) -> str:
        command = [str(TOOL), "encrypt_string", "--stdin-name", name]
        ran = subprocess.run(command, env=self.environment(), input=value, check=True, capture_output=True, text=True)
        return ran.stdout

    def change(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *map(str, (SCRIPT, words[0], self.file, *words[1:]))]
        return subprocess.run(command, env=self.environment(), check=False, capture_output=True, text=True)

    def values(self, password: str = "first password") -> dict[str, str]:  # noqa: S107  of this test
        opens = VaultLib([("default", VaultSecret(password.encode()))])
        sealed = yaml.safe_load(self.file.read_text().replace("!vault ", ""))
        return {name: opens.decrypt(value).decode() for name, value in sealed.items()}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path)


def test_one_value_is_renewed_and_the_others_stay_as_they_are(vault: Vault) -> None:
    before = vault.file.read_text()
    ran = vault.change("renew", "vault_a")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert len(vault.values()["vault_a"]) == 48
    untouched = before[before.index("vault_b") :]
    assert vault.file.read_text().endswith(untouched)
    assert vault.file.read_text().startswith("# Ours.\nvault_a: !vault |\n")


def test_a_new_value_comes_above_the_old_one_which_is_dropped_later(vault: Vault) -> None:
    assert vault.change("prepend", "vault_a").returncode == 0
    new, old = vault.values()["vault_a"].splitlines()
    assert old == "old-vault_a"
    assert vault.change("first", "vault_a").returncode == 0
    assert vault.values()["vault_a"] == new


def test_all_of_it_gets_another_password(vault: Vault) -> None:
    before = vault.values()
    assert vault.change("rekey", vault.next).returncode == 0
    assert vault.values("second password") == before
    assert vault.change("renew", "vault_a").stderr == "vault_a cannot be decrypted with that password.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("renew", "vault_c"), "There is no vault_c in the file; it has vault_a, vault_b."),
        (("rekey", "/nowhere"), "The vault's password cannot be read: "),
    ],
)
def test_what_cannot_be_done_leaves_the_file_as_it_is(vault: Vault, words: tuple[str, ...], said: str) -> None:
    before = vault.file.read_text()
    ran = vault.change(*words)
    assert ran.returncode == 1
    assert ran.stderr.startswith(said)
    assert vault.file.read_text() == before


def test_a_file_that_is_encrypted_as_a_whole_is_for_ansible_vault(vault: Vault) -> None:
    subprocess.run([TOOL, "encrypt", vault.file], env=vault.environment(), check=True, capture_output=True)
    assert "use ansible-vault edit, or ansible-vault rekey" in vault.change("renew", "vault_a").stderr
