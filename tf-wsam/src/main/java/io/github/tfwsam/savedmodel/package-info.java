/**
 * A SavedModel from Python: load it, train it, save it back.
 *
 * <p>{@link io.github.tfwsam.savedmodel.TrainableSavedModel} is all that a user calls. Behind it a
 * model is first read and flattened on paper ({@code ModelReader}), where everything that is wrong
 * with it can be said; TensorFlow is given only the graph that comes out.
 */
package io.github.tfwsam.savedmodel;
