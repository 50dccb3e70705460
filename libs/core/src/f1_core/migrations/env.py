"""Alembic's entry: migrations run on the connection that f1_core.database.migrate gives."""

from alembic import context

from f1_core.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
