"""A page on which only a person publishes."""

from tests.contract.rows.row import Row

ROW = Row("contract-by-hand", {})
