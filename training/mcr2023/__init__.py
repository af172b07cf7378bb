"""Training the published network of 2023 by its published procedure, under the protocol of all models."""
