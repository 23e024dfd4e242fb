"""Where a grievance goes: the office by its words, the secretariat by its place."""
