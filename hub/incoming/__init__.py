"""The road in: what a source received is read, kept, and becomes events; then "yes" is said."""
