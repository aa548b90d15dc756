"""The environment that templates run in: nothing but plain values, a short list of filters, and a meter."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import wraps
from types import CodeType
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from enishi.content.filters import FILTERS, LARGEST, TESTS, Filter
from enishi.content.grammar import Metering, Settling, check
from enishi.content.limits import METER, Limits
from enishi.errors import TemplateError

PRINTABLE = (str, int, float, Decimal, date)
LOOP_FACTS = frozenset({"index", "index0", "revindex", "first", "last", "length", "previtem", "nextitem", *("cycle",)})
REMEDY = "Correct the template; docs/templates.md lists what it may use."

Print = Callable[[Any], Any]


def print_html(value: Any) -> Any:
    """Jinja2's autoescape does the rest."""
    return value


def print_json(value: Any) -> Any:
    """A text as the inside of a JSON string; what a macro has already printed stays as it is."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return Markup(json.dumps(value, ensure_ascii=False)[1:-1])  # noqa: S704 - escaped for JSON, this is no HTML


def _charged(function: Filter) -> Filter:
    @pass_context
    @wraps(function)
    def call(_: Context, *arguments: Any, **named: Any) -> Any:
        result = function(*arguments, **named)
        if isinstance(result, str):
            METER.get().print(len(result))
        return result

    return call


def _finalizer(printed: Print) -> Callable[[Context, Any], Any]:
    @pass_context
    def finalize(_: Context, value: Any) -> Any:
        if value.__class__ is Markup:
            METER.get().print(len(value))
            return value
        if not isinstance(value, PRINTABLE):
            if isinstance(value, Undefined):
                return str(value)
            raise TemplateError("a list, a mapping or nothing was printed where a text belongs", remedy=REMEDY)
        shown = printed(value)
        METER.get().print(len(shown) if isinstance(shown, str) else 20)
        return shown

    return finalize


class Sandbox(ImmutableSandboxedEnvironment):
    """Compiles and runs templates of one output kind; its files are all that a template can reach.

    `everywhere` are variables with one value for all recipients; imported files see them too. The optimiser is off: it
    would evaluate constant expressions while compiling, where no meter runs.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, files: Mapping[str, str], printed: Print, limits: Limits, everywhere: Mapping[str, Any]) -> None:
        super().__init__(
            loader=DictLoader(files),
            undefined=StrictUndefined,
            autoescape=True,
            optimized=False,
            auto_reload=False,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_finalizer(printed),
        )
        self._printed = printed
        self._limits = limits
        self.globals = dict(everywhere)
        self.filters = {name: _charged(function) for name, function in FILTERS.items()}
        self.tests = {name: self.tests[name] for name in TESTS}

    def compile(self, source: Any, name: str | None = None, *_: Any, **__: Any) -> CodeType:  # type: ignore[override]
        """Jinja2's own, with the grammar checked and the charges put in.

        Raises:
            TemplateError: the source is too long, is no template, or uses what templates may not.
        """
        place = name or "template"
        if len(source) > self._limits.source_characters:
            raise TemplateError("the template is too long", where=place, remedy="Split it into included files.")
        try:
            code: CodeType = super().compile(self._guarded(source, place), name, place)
        except TemplateSyntaxError as error:
            where = f"{error.name or place}:{error.lineno}"
            raise TemplateError(error.message or "this is no template", where=where, remedy=REMEDY) from None
        except (RecursionError, SyntaxError, MemoryError):
            raise TemplateError("the template is nested too deeply", where=place, remedy=REMEDY) from None
        return code

    def _guarded(self, source: str, name: str) -> nodes.Template:
        tree = self.parse(source, name)
        check(tree, name)
        Settling(self.globals, lambda text: str(escape(self._printed(text)))).visit(tree)
        return Metering().visit(tree)  # type: ignore[no-any-return]

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping, a fact of a loop, a macro of an imported file; nothing else has attributes."""
        if type(obj) is dict:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and attribute in LOOP_FACTS:
            return getattr(obj, attribute)
        if isinstance(obj, TemplateModule | TemplateReference):
            return super().getattr(obj, attribute)
        if isinstance(obj, Undefined):
            return getattr(obj, attribute)
        return self.unsafe_undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A key of a mapping or a place of a list or a text."""
        if isinstance(obj, Undefined):
            return obj[argument]
        if not isinstance(obj, dict | list | tuple | str):
            return self.unsafe_undefined(obj, str(argument))
        try:
            return obj[argument]
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=argument)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as in Jinja2
        """Macros and the charges at once; anything else through Jinja2's own check."""
        if __obj.__class__ is Macro or getattr(__obj, "__self__", None) is __self:
            if kwargs:
                kwargs.pop("_loop_vars", None)  # the compiler's own, for functions that take the context
                kwargs.pop("_block_vars", None)
            return __obj(*args, **kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic on numbers of ordinary size, and texts put together."""
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            METER.get().print(len(left) + len(right))
            return left + right
        for side in (left, right):
            if isinstance(side, Undefined):
                str(side)
            if not isinstance(side, int | float | Decimal) or not -LARGEST < side < LARGEST:
                raise SecurityError("arithmetic is for numbers of ordinary size")
        return super().call_binop(context, operator, left, right)

    def rounds(self, items: Iterable[Any], nodes_: int, characters: int) -> Iterator[Any]:
        """`items`, charging one pass through the loop's body for each."""
        step = METER.get().step
        for item in items:
            step(nodes_, characters)
            yield item

    def charge(self, nodes_: int, characters: int) -> str:
        """Charge one pass through a macro, a block or a file."""
        METER.get().step(nodes_, characters)
        return ""

    def single(self, value: Any) -> Any:
        """An element of a list, a tuple or a mapping that a template writes: no list and no mapping."""
        if isinstance(value, PRINTABLE) or value is None:
            return value
        if isinstance(value, Undefined):
            return str(value)
        raise SecurityError("a list may hold texts and numbers, not other lists")

    def joined(self, parts: Iterable[Any]) -> Markup:
        """What `~` makes: every part as it would be printed."""
        shown = [self.finalize(None, part) for part in parts]  # type: ignore[misc]
        return Markup("").join(shown)  # escapes what is not yet markup

    def is_safe_callable(self, obj: Any) -> bool:
        """Macros, super(), caller() and the charges."""
        own = getattr(obj, "__self__", None) is self
        return own or isinstance(obj, BlockReference) or super().is_safe_callable(obj)
