/** What runs that train have in common: their step, their log, their checkpoints. */
package io.github.tfwsam.examples.run;
