# Run it with: Rscript THIS_FILE [RESULTS.csv]
# It needs R and its package metafor, 3.8 or later: install.packages("metafor"). Mixed models need lme4 too.

suppressPackageStartupMessages(library(metafor))
options(warn = -1)  # metafor tells of studies without an effect size; metaan says why they have none
told <- NULL

# metafor stops when tau2 changes by less than a threshold: here a small one beside the variances of the studies.
tight <- function(data) list(threshold = 1e-9 * min(data$vi), maxiter = 10000, tol = 1e-12)

# Keep what metafor finds beside what metaan has printed. Without one study its search for tau2 may not arrive.
compare <- function(where, found, expected, tolerance = 1e-6, may_fail = FALSE) {
  found <- as.numeric(found)
  if (may_fail && anyNA(found)) cat(sprintf("%s: metafor does not arrive at %d of these\n", where, sum(is.na(found))))
  if (may_fail) { expected <- expected[!is.na(found)]; found <- found[!is.na(found)] }
  same <- abs(found - expected) <= tolerance * pmax(abs(expected), ifelse(names(expected) == "i2", 100, 1e-3))
  told <<- rbind(told, data.frame(where = where, number = names(expected), found = found,
                                  expected = unname(expected), same = same & !is.na(same), row.names = NULL))
}

# The numbers of a fit, on the analysis scale.
numbers <- function(fit) {
  c(estimate = unname(fit$beta[1]), se = fit$se[1], ci.lb = fit$ci.lb[1], ci.ub = fit$ci.ub[1], tau2 = fit$tau2,
    q = if (is.null(fit$QE)) NA else fit$QE, i2 = fit$I2)
}

# Compare a fit with what was printed, and show it on the scale on which it is read.
repeats <- function(where, fit, expected, shown = identity, tolerance = 1e-6) {
  cat(sprintf("%s: %.4g (%.4g to %.4g)\n", where, shown(fit$beta[1]), shown(fit$ci.lb[1]), shown(fit$ci.ub[1])))
  compare(where, numbers(fit)[names(expected)], expected, tolerance)
}

# The interval for the effect in a new study.
new_study <- function(fit, se, df, level) {
  fit$beta[1] + c(-1, 1) * qt(1 - (1 - level) / 2, df) * sqrt(fit$tau2 + se^2)
}
inverse_variance_se <- function(fit) 1 / sqrt(sum(1 / (fit$vi + fit$tau2)))

# The test for a difference between groups, from their estimates and standard errors.
between <- function(groups) {
  fit <- rma(groups[, 1], sei = groups[, 2], method = "FE")
  c(fit$QE, fit$QEp)
}
