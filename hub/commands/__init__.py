"""What a person types: the `nachtwacht` commands that are not a hub themselves."""
