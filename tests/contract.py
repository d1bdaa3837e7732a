"""Holds every message that a test receives against ``docs/asyncapi.yaml``."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from ruamel.yaml import YAML

DOCUMENT = Path(__file__).parents[1] / "docs" / "asyncapi.yaml"


def validate(topic: str, payload: bytes | str) -> dict[str, Any] | None:
    """The message as an object, valid by the contract; None for an emptied retained topic.

    Raises AssertionError for a topic or a message that the contract does not know.
    """
    for name, pattern, validator in _channels():
        if pattern.fullmatch(topic):
            if not payload and name == "alarmState":
                return None
            message = json.loads(payload)
            problems = [error.message for error in validator.iter_errors(message)]
            assert not problems, f"{topic}: {problems}"
            return message
    raise AssertionError(f"no channel of the contract has the topic {topic!r}")


@cache
def document() -> dict[str, Any]:
    """The contract, as plain data."""
    return YAML(typ="safe").load(DOCUMENT)


@cache
def _channels() -> tuple[tuple[str, re.Pattern[str], jsonschema.Draft7Validator], ...]:
    components = document()["components"]
    channels = []
    for name, channel in document()["channels"].items():
        pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/+#]+", re.escape(channel["address"])))
        (message,) = channel["messages"].values()
        message_name = message["$ref"].rsplit("/", 1)[-1]
        reference = components["messages"][message_name]["payload"]["$ref"]
        schema = {"$ref": reference, "components": components}
        channels.append((name, pattern, jsonschema.Draft7Validator(schema)))
    return tuple(channels)
