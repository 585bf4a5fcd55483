"""The normal-normal model with priors, by quadrature over tau and without a sampler: `ma.bayes`.

`priors` has the priors of tau, `conditional` all that is normal once tau is known, `quadrature` integrates over tau,
`distributions` answers with pdf, cdf, quantiles and intervals. A new prior is an entry in `TAU_PRIORS`.
"""
