/** What networks are trained for: examples of a task in memory, and the networks that suit it. */
package io.github.tfwsam.examples.tasks;
