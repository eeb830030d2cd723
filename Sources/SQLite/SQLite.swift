// SQLite: see docs/architecture.md
