"""What a message means: whose device spoke, and what its adapter says. Nothing rings here."""
