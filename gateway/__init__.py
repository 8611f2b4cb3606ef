"""The wire: signatures, messages, the engine and a simulated gateway."""
