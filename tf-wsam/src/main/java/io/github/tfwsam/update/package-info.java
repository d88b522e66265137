/** What a step does to lists of tensors, and in which order a base optimizer writes. */
package io.github.tfwsam.update;
