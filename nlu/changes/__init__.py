"""Changes of the catalogue made on a screen: edited, checked, kept to be reviewed."""
