/** Drawing: contour lines, and the look that the project's charts have in common. */
package io.github.tfwsam.examples.plot;
