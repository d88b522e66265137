/** Hyper-parameters that change from step to step: the learning rate, rho and gamma. */
package io.github.tfwsam.schedules;
