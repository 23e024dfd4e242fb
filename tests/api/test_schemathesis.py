"""schemathesis over every operation of our own API: it answers as /openapi.json says.

What is understood is a fake's; routes, validation, problems and the inbox are real, over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.app import create_app
from api.problems import MEDIA_TYPE
from api.processes import listen
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE, KEY
from tests.served import served

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
"""Requests that keep to the document, and that break it."""
FEW, MANY = 2, 12
"""Requests of each operation."""
UNSAID = {
    "/problems/empty-text",  # no JSON Schema says "at least one visible character"
    "/problems/text-too-long",  # 413, which schemathesis does not take for a refusal
    "/problems/batch-too-large",
    "/problems/body-too-large",
    "/problems/unknown-service",  # the document names no services
}
"""And of forms, that the names of fields hold no control characters."""
ABOUT_VALIDITY = [positive_data_acceptance, negative_data_rejection]


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Both listeners over HTTP."""
    folder = tmp_path_factory.mktemp("api")
    given = Settings(var_dir=folder, models_dir=folder / "models", api_keys="right-key")
    inside = listen("127.0.0.1", 0)
    port = inside.getsockname()[1]
    fakes = FakeUnderstanding(), FakeSpeech()
    with served(create_app(given, *fakes, catalogue=CATALOGUE, internal=inside)) as url:
        yield [url, f"http://127.0.0.1:{port}"]


@pytest.fixture(scope="module")
def operations(urls: list[str]) -> list[tuple[str, Any]]:
    """All that the documents describe, and where."""
    found = []
    for url in urls:
        document = schemathesis.openapi.from_url(f"{url}/openapi.json")
        found += [(url, operation.ok()) for operation in document.get_all_operations()]
    assert len(found) > 12
    return found


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_answers_keep_to_the_document(
    operations: list[tuple[str, Any]], mode: GenerationMode, examples: int
) -> None:
    for url, operation in operations:
        _try(url, operation, mode, examples)


def _try(url: str, operation: Any, mode: GenerationMode, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case) -> None:
        response = case.call(base_url=url, headers=KEY, timeout=30)
        refused = MEDIA_TYPE in response.headers.get("content-type", ())
        problem = response.json()["type"] if refused else ""
        form = case.media_type == "multipart/form-data"
        excused = problem in UNSAID or (form and problem == "/problems/malformed-body")
        # What is wrong with one text of a batch is told at its place, in an answer of 200.
        excused = excused or (operation.path.endswith("/batch") and b'"error":' in response.content)
        excluded = ABOUT_VALIDITY if excused else []
        case.validate_response(response, headers=KEY, excluded_checks=excluded)

    with suppress(Unsatisfiable):  # an operation without anything to get wrong
        one()
