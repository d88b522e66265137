/**
 * Copies a part of a graph with other inputs, and differentiates it: what a second pass needs.
 * Nothing here knows of WSAM.
 */
package io.github.tfwsam.graph;
