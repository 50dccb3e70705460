"""The schema's versions, as Alembic runs them."""
