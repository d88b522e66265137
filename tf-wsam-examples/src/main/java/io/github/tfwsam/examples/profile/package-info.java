/** {@code --profile DIR}: where the time of a training step goes, operation by operation. */
package io.github.tfwsam.examples.profile;
