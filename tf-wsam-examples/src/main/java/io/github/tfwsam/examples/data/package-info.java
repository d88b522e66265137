/** Data sets: readers, splits and wrong labels. */
package io.github.tfwsam.examples.data;
