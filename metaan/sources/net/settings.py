"""Where the services are and who asks: from the environment, else from ``services:`` in review.yaml.

To add a service: an entry in `metaan.sources.databases.DATABASES` and one field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...errors import UsageError
from ..databases import DATABASES


@dataclass(frozen=True, slots=True)
class Settings:
    """Base URLs of the services and the identity that they are told; the key never shows in a ``repr``."""

    pubmed_url: str = DATABASES["pubmed"].service.url
    ctgov_url: str = DATABASES["ctgov"].service.url
    crossref_url: str = DATABASES["crossref"].service.url
    europepmc_url: str = DATABASES["europepmc"].service.url
    email: str | None = None
    api_key: str | None = None
    tool: str = "metaan"

    def url_of(self, database: str) -> str:
        """Return the base URL of one of `DATABASES`."""
        return str(getattr(self, f"{database}_url"))

    def __repr__(self) -> str:
        """Leave out who asks and with which key."""
        return f"Settings(pubmed_url={self.pubmed_url!r}, tool={self.tool!r})"


def settings(env: Mapping[str, str], services: object = None) -> Settings:
    """Return the settings of a project: the environment wins over review.yaml, which wins over the defaults.

    Parameters
    ----------
    env
        Usually ``os.environ``; the names are in `VARIABLES`.
    services
        The ``services:`` of review.yaml, as a mapping or as an object with those attributes. Its ``api_key_env`` names
        another variable that holds the key, for keys do not belong in a file under version control. Only names that
        begin with NCBI_ or METAAN_ are read: somebody else's review.yaml must not send just any secret anywhere.

    Raises
    ------
    UsageError
        A base URL is not one, an address or a key has a blank in it, or ``api_key_env`` names another kind of variable.

    Examples
    --------
    >>> settings({"METAAN_PUBMED_URL": "http://127.0.0.1:8008"}).pubmed_url
    'http://127.0.0.1:8008/'
    """
    found = {field: _from(services, field) for field in VARIABLES}
    if variable := _from(services, "api_key_env"):
        found["api_key"] = env.get(_key_variable(variable), "").strip() or None
    found |= {field: env[name].strip() for field, name in VARIABLES.items() if env.get(name, "").strip()}
    values = {field: _checked(field, value) for field, value in found.items() if value}
    return Settings(**values)


def _from(services: object, field: str) -> str | None:
    """Read one value of ``services:``."""
    value = services.get(field) if isinstance(services, Mapping) else getattr(services, field, None)
    return str(value).strip() if value else None


def _key_variable(name: str) -> str:
    if name.startswith(("NCBI_", "METAAN_")):
        return name
    raise UsageError(f"services: api_key_env: {name!r} is not read; allowed: a name that begins with NCBI_ or METAAN_")


def _checked(field: str, value: str) -> str:
    """Return a value that can go into a request, a base URL with its closing slash."""
    if not field.endswith("_url"):
        if any(char.isspace() for char in value):
            raise UsageError(f"{VARIABLES[field]}: a blank in it; allowed: a value without blanks")
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise UsageError(f"{VARIABLES[field]}: {value!r} is no base URL; allowed: http(s)://host[:port]/path/")
    return value.rstrip("/") + "/"


VARIABLES: dict[str, str] = {
    **{f"{code}_url": f"METAAN_{code.upper()}_URL" for code in DATABASES},
    "email": "METAAN_EMAIL",
    "api_key": "NCBI_API_KEY",
}
