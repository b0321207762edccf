"""Adapters written as a TOML mapping instead of code; docs/mappings.md is the integrator's page."""
