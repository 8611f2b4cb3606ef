"""What is true: rules, records and persistence, with no screen and no socket."""
