"""Settings: `demo` (never leaves the machine), `production` (refuses to start unsafe), `test`; `base` is what they share."""
