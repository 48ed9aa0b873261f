"""Sites whose processes may be killed."""

import pytest

from tests.faults.site import Site


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A site that is only copied from: preparing takes seconds."""
    return Site(tmp_path_factory.mktemp("prepared")).prepare()


@pytest.fixture
def make_site(tmp_path, prepared):
    """Makes sites; their processes end with the test."""
    made = []

    def make(**variables):
        folder = tmp_path / f"site-{len(made)}"
        folder.mkdir()
        made.append(Site(folder, **variables))
        return made[-1].prepare_like(prepared, database="DATABASE_URL" not in variables)

    yield make
    for site in made:
        site.stop()


@pytest.fixture
def site(make_site):
    """As `make run` has it: SQLite, one process."""
    return make_site()
