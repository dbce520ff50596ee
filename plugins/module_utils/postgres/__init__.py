"""Which roles, rights and settings a PostgreSQL cluster shall have, and what is missing."""
