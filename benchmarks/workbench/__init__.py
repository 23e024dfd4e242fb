"""The console as a benchmark works with it: its processes, its people, what lies in it."""
