"""The description that the service serves of its JSON interface is valid, complete, and behind the same lock."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.routing import Rule

from tests.integration.described_api import Json

PREFIX = "/api/v1/"
OPEN = f"{PREFIX}openapi.json"


@pytest.fixture(scope="module")
def description(whole_application: Flask) -> Json:
    """Return the description as anybody gets it."""
    answer = whole_application.test_client().get(OPEN)
    assert answer.status_code == 200
    return dict(answer.get_json())


def test_it_is_a_valid_description_of_version_3_1(description: Json) -> None:
    assert description["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(description).iter_errors()) == []


def test_it_describes_every_route_and_no_others(whole_application: Flask, description: Json) -> None:
    described = {
        f"{method.upper()} {path}"
        for path, operations in description["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert described == {
        f"{method} {_template(rule)}" for rule in _rules(whole_application) for method in _methods(rule)
    }


def test_every_operation_says_what_it_does_and_how_it_fails(description: Json) -> None:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            assert operation["summary"], f"{method} {path}"
            failure = operation["responses"]["default"]["$ref"].rpartition("/")[2]
            content = description["components"]["responses"][failure]["content"]
            assert set(content) == {"application/problem+json"}


def test_no_shape_takes_or_gives_what_it_does_not_name(description: Json) -> None:
    named = {
        name: shape for name, shape in description["components"]["schemas"].items() if "properties" in shape
    }
    assert named.pop("PaginationMetadata")["type"] == "object"  # smorest's own, which nothing refers to
    assert [name for name, shape in named.items() if shape.get("additionalProperties") is not False] == []


def test_every_operation_asks_for_a_token(whole_application: Flask, description: Json) -> None:
    assert description["security"] == [{"bearer": []}]
    asked = 0
    for rule in _rules(whole_application):
        address = re.sub(r"<[^>]+>", "0" * 32, rule.rule)
        for method in sorted(rule.methods or ()):
            answer = whole_application.test_client().open(address, method=method, data=b"{}")
            assert answer.status_code == 401, f"{method} {rule.rule}"
            if method != "HEAD":
                assert answer.get_json()["code"] == "token-missing"
            asked += 1
    assert asked > 20


def test_the_description_itself_is_open(whole_application: Flask) -> None:
    assert whole_application.test_client().get(OPEN).mimetype == "application/json"


def _rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX) and rule.rule != OPEN:
            yield rule


def _methods(rule: Rule) -> set[str]:
    return (rule.methods or set()) - {"HEAD", "OPTIONS"}


def _template(rule: Rule) -> str:
    return rule.rule.replace("<", "{").replace(">", "}")
