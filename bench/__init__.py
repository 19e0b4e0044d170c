"""Measurements of two real nodes, each figure beside its yardstick in the same run; see docs/benchmarks.md."""
