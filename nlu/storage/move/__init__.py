"""The way from the files of one machine into an empty PostgreSQL: `seva migrate move`."""
