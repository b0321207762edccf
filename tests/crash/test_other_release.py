"""A hub on the tables of another release: up, so that it can say so, and not ready."""

from pathlib import Path

import httpx
import pytest

from tests.crash.hubs import Hub

pytestmark = pytest.mark.slow


def test_a_hub_on_a_database_that_was_not_migrated_is_up_and_says_what_to_do(
    postgres: str, tmp_path: Path
) -> None:
    with Hub(postgres, tmp_path) as hub:
        hub.until_it_serves()
        answer = httpx.get(f"http://127.0.0.1:{hub.http_port}/health/ready")
        assert answer.status_code == 503
        assert "nachtwacht migrate" in answer.text
        assert hub.stop() == 0
