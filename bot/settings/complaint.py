"""What pydantic found wrong, in the words of the settings: found, known, probably meant."""

import re

from pydantic_core import ErrorDetails

from bot.settings.values import close_to


def complaint(detail: ErrorDetails, found: str | None) -> str:
    """The rest of a sentence that begins with the name of the setting.

    `found` is the text that was written, or None where it is a secret or no text.
    """
    kind, context = detail["type"], detail.get("ctx", {})
    seen = "" if found is None else f" found {found!r:.100},"
    match kind:
        case "missing":
            return "is missing: write it"
        case "value_error":
            return f"is wrong: {context['error']}"
        case "enum" | "literal_error":
            known = re.findall(r"'([^']*)'", str(context["expected"]))
            return f"is wrong:{seen} known are {', '.join(known)}.{close_to(found or '', known)}"
        case "too_short":
            return "is empty: write at least one"
        case "model_type" | "dict_type" | "mapping_type":
            return f"is wrong:{seen} a section of names and values is needed"
        case "list_type" | "tuple_type":
            return f"is wrong:{seen} a list is needed, such as [a, b]"
        case "int_parsing" | "int_from_float" | "greater_than_equal":
            least = f", at least {context['ge']}" if "ge" in context else ""
            return f"is wrong:{seen} a whole number is needed{least}"
        case "bool_parsing":
            return f"is wrong:{seen} known are true, false"
        case "string_type" if found is None:
            return "is wrong: one text is needed"
    reason = detail["msg"][:1].lower() + detail["msg"][1:]
    return f"is wrong:{seen} {reason}"
