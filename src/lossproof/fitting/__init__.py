"""Fits of models with a linear predictor: estimates, standard errors, and in words why there are none."""
