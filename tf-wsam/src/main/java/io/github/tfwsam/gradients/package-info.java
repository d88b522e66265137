/**
 * The gradients that TensorFlow's C API lacks, a family of ops a file, registered with the process
 * once and for all. Nothing here knows of losses, variables or WSAM.
 */
package io.github.tfwsam.gradients;
