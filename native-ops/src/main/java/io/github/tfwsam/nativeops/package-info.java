/**
 * Fused ops for sharpness-aware optimizers: each does its work on all variables of a step at once,
 * in one sweep over their memory. They are usable without the optimizer of tf-wsam.
 */
package io.github.tfwsam.nativeops;
