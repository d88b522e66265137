package io.github.tfwsam.examples.tasks;

/**
 * The examples of a task.
 *
 * @param training what is trained on
 * @param test what is never trained on
 */
public record TaskData(LabeledExamples training, LabeledExamples test) {}
