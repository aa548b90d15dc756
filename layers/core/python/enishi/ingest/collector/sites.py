"""Which sites may send events, and from which origins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from enishi.errors import SettingsError

_REMEDY = "Write site=https://www.example.com https://m.example.com; other=https://…"


@dataclass(frozen=True)
class Site:
    """A site of the retailer: its id in the tag, and the origins on which the tag runs."""

    id: str
    origins: frozenset[str]

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of its origins: a referrer among them is no referrer."""
        return frozenset(urlsplit(origin).hostname or "" for origin in self.origins)


def parse(text: str) -> Mapping[str, Site]:
    """Sites by id from the setting `collector_sites`: `site=origin origin; site=origin`.

    Raises:
        SettingsError: a part is no site, or an origin is none.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return {site.id: site for site in map(_site, parts)}


def _site(text: str) -> Site:
    name, equals, origins = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise SettingsError("a site of the collector is not written as site=origin", where=name, remedy=_REMEDY)
    return Site(name.strip(), frozenset(_origin(origin) for origin in origins.split()))


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingsError("an origin of the collector is no scheme and host", where=text, remedy=_REMEDY)
    return f"{parts.scheme}://{parts.netloc}".lower()
