"""One PostgreSQL: tables, units of work, and a small module for each noun."""
