"""The one road on which an alert changes: facts, decision, what is stored of it, who is called."""
