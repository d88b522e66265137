/**
 * What is measured at a minimum: sharpness, the Hessian's largest eigenvalues and trace, and a
 * generalization bound with its terms separate. Nothing here writes a variable: all that is
 * evaluated elsewhere is evaluated at temporaries.
 *
 * <p>Values are those of the variables when the session runs. A run that measures must not also
 * train: it would read variables while they are written.
 */
package io.github.tfwsam.sharpness;
