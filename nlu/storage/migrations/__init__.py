"""How tables change: steps in SQL files, in pairs, run by Alembic (docs/migrations.md)."""
