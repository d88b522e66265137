/** The verb quickstart: base optimizer, SAM and WSAM on real data. */
package io.github.tfwsam.examples.quickstart;
