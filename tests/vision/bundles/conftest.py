"""What the bundles' tests share: a site with one alarm."""

import pytest

from tests.vision.bundles.bundle_site import BundleSite


@pytest.fixture
def site(tmp_path):
    """A site whose one alarm is over, everything entered by nobody yet."""
    made = BundleSite(tmp_path)
    yield made
    made.close()
