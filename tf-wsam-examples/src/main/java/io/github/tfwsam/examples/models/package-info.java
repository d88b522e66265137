/** The networks that are measured and trained, and the layers that they are made of. */
package io.github.tfwsam.examples.models;
