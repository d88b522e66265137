/** Weighted sharpness-aware minimization (WSAM) for TensorFlow-Java. */
package io.github.tfwsam;
