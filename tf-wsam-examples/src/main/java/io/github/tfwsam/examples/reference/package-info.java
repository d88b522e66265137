/** The verb {@code reference}: trajectories of the authors' Python optimizer, taken again. */
package io.github.tfwsam.examples.reference;
