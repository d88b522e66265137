/**
 * Checkpoints of a training: all variables of a graph, so that a resumed run goes on bit for bit.
 */
package io.github.tfwsam.checkpoint;
