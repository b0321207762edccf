"""One folder for each vendor: decoder, manifest, README."""
