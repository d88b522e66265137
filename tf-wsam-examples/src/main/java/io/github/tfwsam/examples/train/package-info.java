/** {@code wsam train}: a network for a task, trained from the start. */
package io.github.tfwsam.examples.train;
