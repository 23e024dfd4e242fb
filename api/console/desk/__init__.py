"""The desk: officers claim requests for a person, talk with the citizen, and close them."""
