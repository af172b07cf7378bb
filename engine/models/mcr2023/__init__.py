"""The published network of 2023, written anew from its paper: the yardstick of our own model."""
