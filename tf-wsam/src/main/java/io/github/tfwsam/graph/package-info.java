/**
 * Copies a part of a graph with other inputs, and differentiates it: what a second pass needs.
 * Where TensorFlow would differentiate wrongly, other operations are put in the place first.
 * Nothing here knows of WSAM.
 */
package io.github.tfwsam.graph;
