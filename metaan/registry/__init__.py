"""The registry: YAML files that people write, as checked values."""
