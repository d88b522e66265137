/** The command line. */
package io.github.tfwsam.examples;
