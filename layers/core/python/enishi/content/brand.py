"""Who sends: `_shared/brand.yaml` of the scenario library. Japanese law wants most of it in every commercial mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from enishi.errors import TemplateError

PATH = "_shared/brand.yaml"


class Brand(BaseModel):
    """The sender as its customers know it. `urls` holds addresses and patterns (`{}` = an id)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sender: str
    """Legal name of the sender (特定電子メール法: 送信者の氏名又は名称)."""
    postal_address: str
    contact: str
    """Phone, address or page for complaints and questions."""
    urls: Mapping[str, str]
    colours: Mapping[str, str]
    words: Mapping[str, str]


def load_brand(files: Mapping[str, str]) -> Brand:
    """The brand of a bundle.

    Raises:
        TemplateError: the file is missing or lacks what the law or the layouts need.
    """
    if PATH not in files:
        raise TemplateError("the brand file is missing", where=PATH, remedy="Copy it from the scenario library.")
    try:
        return Brand.model_validate(yaml.safe_load(files[PATH]))
    except (yaml.YAMLError, ValidationError) as error:
        problem = error.errors()[0] if isinstance(error, ValidationError) else {"msg": "no YAML", "loc": ()}
        place = ".".join(str(part) for part in problem["loc"])
        raise TemplateError(f"the brand is not complete: {problem['msg']}", where=f"{PATH}:{place}") from None


def brand_variables(brand: Brand) -> dict[str, Any]:
    """As templates see it: `brand.name`, `brand.urls.home`."""
    return brand.model_dump()
