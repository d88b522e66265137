/**
 * Optimizers whose hyper-parameters are double-precision numbers, with the formulas of {@code
 * torch.optim}: in a float64 graph their steps are PyTorch's to rounding. They are usable alone,
 * and as the base optimizer of {@link io.github.tfwsam.Wsam}.
 *
 * <p>Their steps have no race: whatever reads a variable or a slot does so before, or after, each
 * write to it, and nothing is written before all gradients are there.
 */
package io.github.tfwsam.optimizers;
