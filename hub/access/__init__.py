"""Who may come in and what they may see: secrets, passwords, sessions, links, viewers."""
