"""From bytes to a tree that knows its line numbers.

Everything about YAML as a notation ends here: encoding, syntax, anchors, keys given twice,
sizes that no configuration has. What the keys mean is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from vision.configuration.problems import Problems

WHOLE_FILE = "(file)"
_MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 20
_LONG_QUOTE = re.compile(r"'[^'<][^']{3,}'")

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and the line, from 1, where its key or its dash stands."""

    line: int
    value: Value


Mapping = dict[str, Entry]
Value = Scalar | Mapping | list[Entry]


def read_document(path: Path, problems: Problems) -> Entry | None:
    """The file's tree; None where it cannot be made, and then ``problems`` says why."""
    text = _read_text(path, problems)
    if text is None:
        return None
    try:
        if not _is_plain(text, problems):
            return None
        node = YAML(typ="rt", pure=True).compose(text)
    except YAMLError as error:
        _report_syntax(error, text, problems)
        return None
    if node is None:
        problems.add(1, WHOLE_FILE, "holds nothing", "start from the config.yaml of the project")
        return None
    return Entry(_line(node), _value(node, "", problems))


def _read_text(path: Path, problems: Problems) -> str | None:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        problems.add(1, WHOLE_FILE, "does not exist", "name another file with --config")
        return None
    except IsADirectoryError:
        problems.add(1, WHOLE_FILE, "is a directory", "name the file in it with --config")
        return None
    except OSError as error:
        why = error.strerror or type(error).__name__
        problems.add(1, WHOLE_FILE, f"cannot be read: {why}", "let the service's user read it")
        return None
    if len(data) > _MAX_BYTES:
        problems.add(1, WHOLE_FILE, "is larger than 1 MiB", "name a configuration file")
        return None
    return _decode(data, problems)


def _decode(data: bytes, problems: Problems) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(line, WHOLE_FILE, "is not UTF-8", "save the file as UTF-8")
        return None


def _is_plain(text: str, problems: Problems) -> bool:
    """Whether the text holds no alias and no absurd depth.

    Aliases are how a small file becomes a huge tree, and the tree is built by recursion; the
    events are read one by one, so neither can do harm here.
    """
    depth = 0
    for event in YAML(typ="rt", pure=True).parse(text):
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            problems.add(line, WHOLE_FILE, "uses a YAML anchor or alias", "write the value out")
            return False
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        if depth > _MAX_DEPTH:
            problems.add(line, WHOLE_FILE, f"is nested deeper than {_MAX_DEPTH}", "flatten it")
            return False
    return True


def _report_syntax(error: YAMLError, text: str, problems: Problems) -> None:
    """One mistake from a parser's error, without the text around it, which may hold a secret."""
    if not isinstance(error, MarkedYAMLError):
        # The reader's own errors know a position in the text only.
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        problems.add(line, WHOLE_FILE, "holds a control character", "remove the character")
        return
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if _is_tab_at(text, line):
        problems.add(line, WHOLE_FILE, "is indented with a tab", "indent with spaces")
        return
    why = _LONG_QUOTE.sub("'...'", error.problem or error.context or "a mistake")
    problems.add(line, WHOLE_FILE, f"is not YAML: {why}", "correct this line or the one above")


def _is_tab_at(text: str, line: int) -> bool:
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    return "\t" in here[: len(here) - len(here.lstrip())]


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _value(node: Node, path: str, problems: Problems) -> Value:
    if not str(node.tag).startswith("tag:yaml.org,2002:"):
        problems.add(_line(node), path or WHOLE_FILE, "has a YAML tag", "remove the ! word")
    if isinstance(node, MappingNode):
        return _mapping(node, path, problems)
    if isinstance(node, SequenceNode):
        return [
            Entry(_line(child), _value(child, f"{path}[{index}]", problems))
            for index, child in enumerate(node.value)
        ]
    return _scalar(node)


def _mapping(node: MappingNode, path: str, problems: Problems) -> Mapping:
    mapping: Mapping = {}
    for key_node, value_node in node.value:
        line = _line(key_node)
        if not isinstance(key_node, ScalarNode):
            where = path or WHOLE_FILE
            problems.add(line, where, "a key that is not a word", "write a plain key")
            continue
        key = str(key_node.value)
        where = f"{path}.{key}" if path else key
        if key in mapping:
            first = mapping[key].line
            problems.add(line, where, f"given twice, first in line {first}", "remove one of them")
            continue
        mapping[key] = Entry(line, _value(value_node, where, problems))
    return mapping


def _scalar(node: Node) -> Scalar:
    """The scalar as YAML 1.2 means it; text where a number cannot be made of it."""
    text = str(node.value)
    kind = str(node.tag).rsplit(":", 1)[-1]
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in {"true", "yes", "on"}
        if kind == "int":
            return _integer(text)
        if kind == "float":
            return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    return text


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits, 0) if digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else int(digits)
