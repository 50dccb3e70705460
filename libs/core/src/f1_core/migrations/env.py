"""Alembic's entry: migrations run on the connection of f1_core.postgres.database.migrate."""

from alembic import context

from f1_core.postgres.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
