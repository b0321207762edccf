"""Care plans: read from the database, proved, and told to people in words."""
