/** The verb finetune: trains a SavedModel from Python, and hands it back. */
package io.github.tfwsam.examples.finetune;
