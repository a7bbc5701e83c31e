"""One running demo for all tests of it."""

import pytest

from tests.app.server import make_app_project, serve


@pytest.fixture(scope="package")
def project(tmp_path_factory):
    return make_app_project(tmp_path_factory.mktemp("app") / "a b \u00fc")


@pytest.fixture(scope="package")
def address(project):
    with serve(project, "--log-json") as (address, _):
        yield address
