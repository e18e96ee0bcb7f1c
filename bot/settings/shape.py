"""What shape a setting has, read off the models: names within it, or kinds of value.

Written once for the file, the environment and the connectors' own models alike, so
that a connector adds a setting by declaring it and nowhere else.
"""

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, SecretStr

Shape = Any
"""An annotation as Python has them; they share no type."""


def _origin(shape: Shape) -> Any:
    return get_origin(shape)


def bare(shape: Shape) -> tuple[Shape, ...]:
    """The shapes a setting may have, without None and without what validates them."""
    while _origin(shape) is Annotated:
        shape = get_args(shape)[0]
    if _origin(shape) in (Union, types.UnionType):
        return tuple(one for part in get_args(shape) if part is not types.NoneType for one in bare(part))
    return (shape,)


def names_in(shape: Shape) -> Mapping[str, Shape] | None:
    """The settings of a section by the name they are written with; None for no section."""
    for one in bare(shape):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return {
                _written(name, field.validation_alias): field.annotation
                for name, field in one.model_fields.items()
            }
    return None


def _written(name: str, alias: str | AliasPath | AliasChoices | None) -> str:
    return alias if isinstance(alias, str) else name


def value_of_mapping(shape: Shape) -> Shape | None:
    """What stands under each free name: the money under a currency, a group's members."""
    for one in bare(shape):
        origin = _origin(one)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return get_args(one)[1]
    return None


def item_of_list(shape: Shape) -> Shape | None:
    for one in bare(shape):
        origin = _origin(one)
        if isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, Mapping):
            return get_args(one)[0]
    return None


def is_secret(shape: Shape) -> bool:
    return SecretStr in bare(shape) or (item_of_list(shape) is not None and is_secret(item_of_list(shape)))
