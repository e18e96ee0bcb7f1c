"""Alembic's way in: run the migrations on the connection that `Database.migrate` holds."""

from alembic import context

from bot.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
