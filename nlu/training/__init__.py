"""Training, evaluation and the model registry: the data team's side of understanding."""
