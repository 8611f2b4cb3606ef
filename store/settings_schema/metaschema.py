"""The typed JSON Schema itself against the metaschema of draft 2020-12, which is part of an installed package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from store.json_document import join_pointer
from store.settings_schema.fields import DRAFT
from store.settings_schema.findings import Findings, kind_of, listed
from store.settings_schema.validation import unique_elements

if TYPE_CHECKING:
    from jsonschema import ValidationError

_DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/"


def check_against_metaschema(findings: Findings, root: Mapping[str, Any]) -> None:
    """Report what violates the metaschema, where nothing was reported at the same place before."""
    for error in _validator().iter_errors(root):
        pointer = join_pointer("", *error.absolute_path)
        if not findings.has_at(pointer):
            findings.add(pointer, f"Draft 2020-12 wants here {_wanted(error)}.")


@lru_cache(maxsize=1)
def _validator() -> Any:
    """Return a validator of schemas, on the packaged metaschemas alone: their registry fetches nothing."""
    # jsonschema takes 0.16 s to import, which only a start that validates has to pay
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    registry: Any = Registry()
    for uri in REGISTRY:
        if uri.startswith(_DRAFT_2020_12):
            # where a metaschema names its draft, jsonschema would go on with its own slow `uniqueItems`
            contents = {name: value for name, value in REGISTRY.contents(uri).items() if name != "$schema"}
            registry = registry.with_resource(uri, DRAFT202012.create_resource(contents))
    kind = extend(Draft202012Validator, {"uniqueItems": unique_elements})  # type: ignore[no-untyped-call]
    return kind(registry.contents(DRAFT), registry=registry)


def _wanted(error: ValidationError) -> str:
    limit: Any = error.validator_value
    match error.validator:
        case "type":
            types = [limit] if isinstance(limit, str) else limit
            return f"{' or '.join(map(_type_words, types))}, not {kind_of(error.instance)}"
        case "minimum":
            return f"at least {limit}"
        case "exclusiveMinimum":
            return f"more than {limit}"
        case "enum":
            return f"one of {listed(limit)}"
        case "minItems":
            return f"at least {limit} element"
        case "uniqueItems":
            return "each element once"
        case "pattern":
            return f"a text of the form {limit}"
        case _:
            return f"another value ({error.validator} is violated)"


def _type_words(name: str) -> str:
    return {"boolean": "true or false", "integer": "a whole number"}.get(
        name, ("an " if name[0] in "aeiou" else "a ") + name
    )
