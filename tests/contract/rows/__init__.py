"""What the contract's tests need to know of each platform: one file each, named as its slug."""

from importlib import import_module

from platforms import catalog
from tests.contract.rows.row import Row

ROWS: dict[str, Row] = {slug: import_module(f"{__name__}.{slug}").ROW for slug in catalog.slugs()}
# The ways to single people, which have no timeline: what is created there is a notice.
PRIVATE: dict[str, Row] = {spec.slug: import_module(f"{__name__}.{spec.slug}").ROW for spec in catalog.private()}
EVERY = ROWS | PRIVATE
