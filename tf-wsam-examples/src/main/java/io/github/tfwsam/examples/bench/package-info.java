/** {@code wsam bench}: how long the optimizer's work takes. */
package io.github.tfwsam.examples.bench;
