"""The conformance kit: thirteen checks of an adapter's contract; see docs/conformance.md."""
