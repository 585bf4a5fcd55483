"""Likelihoods of counts: generalised linear mixed models and the beta-binomial model.

To add a structure, enter its likelihood in `models.GLMM_MEASURES`.
"""
