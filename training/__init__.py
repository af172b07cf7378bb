"""Training and honest evaluation of the models in `engine.models`."""
