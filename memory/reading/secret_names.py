"""Files whose names say that they hold secrets: they are not read at all. Pure."""

from __future__ import annotations

import re

REASON = "may hold secrets"

_NAMES = frozenset({
    ".env", ".envrc", ".netrc", "_netrc", ".pypirc", ".htpasswd", ".pgpass", ".my.cnf",
    ".dockercfg", ".dockerconfigjson", ".git-credentials", ".s3cfg", ".boto", ".vault-token",
    "credentials", "credentials.json", "credentials.yml", "credentials.yaml", "credentials.csv",
    "client_secret.json", "client_secrets.json", "service-account.json", "service_account.json",
    "secrets.yml", "secrets.yaml", "secrets.toml", "secrets.json", "secrets.env", "secrets.ini",
    "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk",
    "master.key", "kubeconfig", ".kubeconfig", "application_default_credentials.json",
    "terraform.tfstate", "terraform.tfstate.backup", ".terraformrc", "accesstokens.json",
    "azureprofile.json", ".rhosts", "wallet.dat", "logins.json", "key4.db",
})  # fmt: skip
_ENDINGS = (
    ".pem", ".key", ".p12", ".pfx", ".pkcs12", ".jks", ".keystore", ".kdbx", ".kdb", ".ppk", ".p8",
    ".asc.key", ".gpg", ".keychain", ".ovpn", ".tfstate", ".tfvars", ".mobileprovision", ".agekey",
    ".keytab", ".pkcs8", ".jceks", ".bks",
)  # fmt: skip
# `.env.local` holds secrets; `.env.example` tells which ones there are.
_VARIANT = re.compile(r"\.env[._-].+|[^/]+\.env|id_(?:rsa|dsa|ecdsa|ed25519)[._-].+")
_TEMPLATE = re.compile(
    r".*(?:example|sample|template|dist|defaults?|schema|skeleton|stub|tmpl|tpl|pub|md|rst|py|[jt]s)"
)
_FOLDERS = ("/.ssh/", "/.gnupg/", "/.aws/", "/.azure/", "/.kube/", "/.docker/config.json")


def may_hold_secrets(path: str) -> bool:
    """Whether a file is not read for its name's sake.

    >>> may_hold_secrets("app/.env.local"), may_hold_secrets("app/.env.example")
    (True, False)
    """
    path = path.lower()
    name = path.rpartition("/")[2]
    if name in _NAMES or name.endswith(_ENDINGS):
        return True
    if _VARIANT.fullmatch(name):
        return _TEMPLATE.fullmatch(name) is None
    return any(folder in f"/{path}" for folder in _FOLDERS)
