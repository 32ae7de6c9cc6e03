"""The watchers' door: metrics for Prometheus, and whether this house is alive and ready. It counts; it changes nothing."""
