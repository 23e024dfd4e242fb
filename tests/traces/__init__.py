"""Tests of traces: ids in every log line, spans at a collector, nothing of a citizen in either."""
