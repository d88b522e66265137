/** A SavedModel from Python: load it, train it, save it back. */
package io.github.tfwsam.savedmodel;
