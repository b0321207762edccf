"""The registry as others keep it: nouns by external id, read, checked, compared and written."""
