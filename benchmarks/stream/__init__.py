"""A steady stream of turns through a whole deployment: the parts of `seva benchmark turns`,
`rolling` and `soak`."""
