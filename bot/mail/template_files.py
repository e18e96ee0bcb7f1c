"""The operators' template files as they were at one look, and a loader that reads no others.

What was checked must be what mails are made of: a file that changes a moment later is
not seen until it has been checked, too. What can't be read as a template is kept with
its reason, so that whoever includes it hears that instead of "not there".
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound, TemplateSyntaxError
from jinja2.loaders import split_template_path

MOST_FILES = 500
LARGEST_FILE = 128 * 1024
LARGEST = 1024 * 1024
"""All of them together. The shipped ones are a tenth of it."""
_ENDINGS = (".txt", ".html")

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class TemplateFiles:
    """Each file's text by its path within the folder. `unreadable` has why, instead."""

    texts: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.texts or self.unreadable)

    def mails(self) -> frozenset[str]:
        """The mails that they have a template for."""
        found = (path.rpartition("/") for path in {**self.texts, **self.unreadable})
        return frozenset(folder for folder, _, name in found if name == "subject.txt" and "/" not in folder)


NO_FILES = TemplateFiles()


def read_files(folder: Path) -> TemplateFiles:
    """The files of a folder, bounded in number and size."""
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    size = 0
    for number, path in enumerate(_files(folder)):
        name = path.relative_to(folder).as_posix()
        if number >= MOST_FILES:
            unreadable[name] = f"there are more than {MOST_FILES} files in the templates' folder"
            break
        text, why = _read(folder, path)
        size += len(text)
        if size > LARGEST:
            text, why = "", f"the templates together are larger than {LARGEST // 1024} KiB"
        if why:
            unreadable[name] = why
        else:
            texts[name] = text
    return TemplateFiles(texts, unreadable)


def stamp(folder: Path) -> Stamp:
    """Each file's name, size and time of its last change."""
    found = []
    for number, path in enumerate(_files(folder)):
        try:
            about = path.stat()
        except OSError:
            continue  # taken away just now, or a link to nowhere
        found.append((str(path), about.st_size, about.st_mtime_ns))
        if number >= MOST_FILES:
            break
    return tuple(found)


def _files(folder: Path) -> Iterator[Path]:
    """In an order that is always the same. Folders that are links are not gone into."""
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(_ENDINGS):
                yield Path(here, name)


def _read(folder: Path, path: Path) -> tuple[str, str]:
    """The text, or why there is none."""
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return "", "it is a link that leads out of the templates' folder"
        if not path.is_file():
            return "", "it is no plain file"
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return "", f"it cannot be read: {error.strerror}"
    if len(content) > LARGEST_FILE:
        return "", f"it is larger than {LARGEST_FILE // 1024} KiB"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return "", f"it is no text in UTF-8, from its line {line} on"
    return (text, "") if "\x00" not in text else ("", "it is no text: it has a character 0 in it")


class FilesLoader(BaseLoader):
    """Loads these texts and nothing else. `used` says which it was asked for."""

    def __init__(self, folder: Path, files: TemplateFiles) -> None:
        self._folder = folder
        self._files = files
        self.used: set[str] = set()

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        name = "/".join(split_template_path(template))
        where = str(self._folder / name)
        if (why := self._files.unreadable.get(name)) is not None:
            self.used.add(name)
            raise TemplateSyntaxError(why, 1, name, where)
        if (text := self._files.texts.get(name)) is None:
            raise TemplateNotFound(template)
        self.used.add(name)
        return text, where, lambda: True
