"""One recipient, one template, one channel → the parts of a message, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from traceback import walk_tb
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from jinja2 import Template, TemplateNotFound, UndefinedError
from jinja2.exceptions import FilterArgumentError, SecurityError

from enishi.clock import business_day
from enishi.content import line, mail, push
from enishi.content.brand import Brand, brand_variables, load_brand
from enishi.content.limits import METER, Exhausted, Limits, Meter
from enishi.content.links import LIFE, Link, LinkBook, LinkKind
from enishi.content.outcome import Empty, NothingToSay, Outcome, Quarantined, Rendered, Unfit
from enishi.content.sandbox import Print, Sandbox, print_html, print_json
from enishi.errors import NotSupportedError, TemplateError
from enishi.ports import Channel

NOBODY = "お客様"
ATTRIBUTES = "attributes"
RESERVED = frozenset(
    {"name", "rank", "locale", "variant", "today", "brand", "unsubscribe_url", "scenario", "step", ATTRIBUTES}
)
"""Variables that every template has; a block of an offer may not take one of these names."""


class _MadeUp(dict[str, str]):
    """Answers every name: nobody knows beforehand which columns a retailer has."""

    def __missing__(self, name: str) -> str:
        return "見本"


MADE_UP = _MadeUp()
"""The own columns of a made-up person."""


class Person(Protocol):
    """What rendering may know of a recipient: no address, no consent."""

    @property
    def display_name(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def rank(self) -> str: ...
    @property
    def variant(self) -> str: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...
    @property
    def blocks(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Sending:
    """The facts of this send that templates and links need."""

    send_id: str
    scenario_id: str
    step_id: str
    at: datetime
    requires: tuple[str, ...] = ()
    """Blocks without which the message makes no sense: one of them empty, nothing is sent."""


@dataclass(frozen=True)
class Kind:
    """How one channel's templates are named, printed and finished."""

    file: str
    printed: Print
    finish: Callable[[str, Brand, str], Rendered]


KINDS: Mapping[Channel, Kind] = {
    Channel.MAIL: Kind("mail.html.j2", print_html, mail.finish),
    Channel.LINE: Kind("line.json.j2", print_json, lambda source, _, __: line.finish(source)),
    Channel.PUSH: Kind("push.json.j2", print_json, lambda source, _, __: push.finish(source)),
}


class Templates:
    """The compiled templates of one bundle; make one for a chunk and render everybody with it.

    `files` is a bundle's: `<template>/<file of the channel>` and `_shared/…`.
    """

    def __init__(self, files: Mapping[str, str], limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.brand = load_brand(files)
        self._files = files
        everywhere = {"brand": brand_variables(self.brand)}
        prints = {kind.printed for kind in KINDS.values()}
        self._sandboxes = {printed: Sandbox(files, printed, self.limits, everywhere) for printed in prints}

    def has(self, template: str, channel: Channel) -> bool:
        """True when the bundle has this template for this channel."""
        return channel in KINDS and f"{template}/{KINDS[channel].file}" in self._files

    def get(self, template: str, channel: Channel) -> Template:
        """The compiled template.

        Raises:
            NotSupportedError: no templates are rendered for this channel.
            TemplateError: there is no such file, or it is not what a template may be.
        """
        if channel not in KINDS:
            raise NotSupportedError(f"messages on {channel} are not rendered yet", remedy="Use mail, line or push.")
        path = f"{template}/{KINDS[channel].file}"
        try:
            return self._sandboxes[KINDS[channel].printed].get_template(path)
        except TemplateNotFound as missing:
            raise TemplateError("the template does not exist", where=str(missing), remedy="Write the file.") from None


def render(
    templates: Templates, links: LinkBook, template: str, channel: Channel, person: Person, sending: Sending
) -> Outcome:
    """The message for `person`. One broken recipient is quarantined; it never raises for what a person's data caused.

    Raises:
        TemplateError, NotSupportedError: the template itself cannot be used, for anybody.
    """
    compiled = templates.get(template, channel)
    for block in sending.requires:
        if not person.blocks.get(block):
            return Empty(f"no_{block}")
    try:
        return _rendered(templates, links, compiled, channel, person, sending)
    except NothingToSay:
        return Empty()
    except Unfit as unfit:
        return Quarantined(unfit.reason, unfit.detail, compiled.name or "")
    except Exception as error:
        return Quarantined(*_diagnosis(error), _place(error, compiled.name or ""))


def _rendered(
    templates: Templates, links: LinkBook, compiled: Template, channel: Channel, person: Person, sending: Sending
) -> Rendered:
    opt_out = _unsubscribe_url(links, channel, sending)
    token = METER.set(Meter(templates.limits, _signer(links, channel, sending)))
    try:
        source = compiled.render(_variables(person, sending, opt_out))
    finally:
        METER.reset(token)
    if len(source) * 4 > templates.limits.result_bytes and len(source.encode()) > templates.limits.result_bytes:
        raise Exhausted("it writes more than 1 MB")
    parts = KINDS[channel].finish(source, templates.brand, opt_out)
    return replace(parts, title=_without(person.display_name, parts.subject))


def _variables(person: Person, sending: Sending, opt_out: str) -> dict[str, Any]:
    return {
        **{name: items for name, items in person.blocks.items() if name not in RESERVED},
        "name": person.display_name or NOBODY,
        "rank": person.rank,
        "locale": person.locale,
        "variant": person.variant,
        ATTRIBUTES: person.attributes,
        "today": _today(sending.at, person.zone),
        "unsubscribe_url": opt_out,
        "scenario": sending.scenario_id,
        "step": sending.step_id,
    }


def _today(at: datetime, zone: str) -> date:
    return business_day(at, ZoneInfo(zone))


def _signer(links: LinkBook, channel: Channel, sending: Sending) -> Callable[[str, str, int, str], str]:
    expires = _expiry(sending.at)

    def sign(url: str, block: str, position: int, product_id: str) -> str:
        facts = (sending.send_id, str(channel), block, position, product_id, expires)
        return links.url(Link(LinkKind.CLICK, url, *facts))

    return sign


def _unsubscribe_url(links: LinkBook, channel: Channel, sending: Sending) -> str:
    link = Link(LinkKind.UNSUBSCRIBE, "", sending.send_id, str(channel), expires=_expiry(sending.at))
    return links.url(link)


def _expiry(at: datetime) -> int:
    return int((at + LIFE).timestamp())


def _without(name: str, subject: str) -> str:
    return subject.replace(name, "○○") if name else subject


def _diagnosis(error: Exception) -> tuple[str, str]:
    """A reason code and a sentence. Messages of unknown errors may hold values, so only their type is told."""
    for kinds, reason in REASONS.items():
        if isinstance(error, kinds):
            return reason, error.what if isinstance(error, TemplateError) else _impersonal(str(error))
    return "error", type(error).__name__


def _impersonal(message: str) -> str:
    """Jinja2 names what is missing; a name that came out of data, not out of a template, is left out."""
    return message if message.isascii() else "a name that stands in the data is missing"


REASONS: Mapping[tuple[type[Exception], ...], str] = {
    (UndefinedError,): "undefined",
    (Exhausted, RecursionError): "limits",
    (SecurityError,): "forbidden",
    (TemplateNotFound,): "missing",
    (FilterArgumentError, TemplateError): "value",
}


def _place(error: Exception, default: str) -> str:
    if isinstance(error, TemplateError) and error.where:
        return error.where
    places = [f"{f.f_code.co_filename}:{line}" for f, line in walk_tb(error.__traceback__) if _is_template(f)]
    return places[-1] if places else default


def _is_template(frame: Any) -> bool:
    return str(frame.f_code.co_filename).endswith(".j2")
