"""How `flask db` reaches the database: by the phases, the lock and the limits of app/phased_migrations."""

from phased_migrations import environment

environment.run()
