package io.github.tfwsam.examples.bench;

/**
 * How fast an implementation does a work.
 *
 * @param work the work
 * @param implementation the name of the implementation
 * @param milliseconds the median of the rounds
 * @param least the fastest round, in milliseconds
 * @param gigabytesPerSecond the bytes that must be moved, in the median time
 * @param ofTriad that as a fraction of what the triad moved in the same rounds
 * @param timesStock the median time of stock ops over this one
 */
record Row(
    Work work,
    String implementation,
    double milliseconds,
    double least,
    double gigabytesPerSecond,
    double ofTriad,
    double timesStock) {}
