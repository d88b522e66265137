/** The paper's loss with a sharp and a flat minimum, and the ways that optimizers take on it. */
package io.github.tfwsam.examples.toy;
