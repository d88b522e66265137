/** Reports: the look that they have in common, and the statistics that they give. */
package io.github.tfwsam.examples.report;
