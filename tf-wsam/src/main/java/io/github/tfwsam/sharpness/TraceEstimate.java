package io.github.tfwsam.sharpness;

/**
 * A Hessian's trace, as {@link Hessian#trace} estimates it.
 *
 * @param value the mean over the samples
 * @param standardError the standard deviation of that mean: that of the samples, over the square
 *     root of their number
 * @param samples how many random vectors there were
 * @param products how products with the Hessian were computed
 */
public record TraceEstimate(
    double value, double standardError, int samples, HessianProducts products) {}
