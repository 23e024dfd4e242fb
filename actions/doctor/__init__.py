"""What `seva doctor` looks at on the departments' side: action server, departments, stores."""
