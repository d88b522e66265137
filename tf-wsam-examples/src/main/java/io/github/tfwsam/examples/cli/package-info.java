/**
 * What the verbs share: how errors are told, numbers are read, and tables and files are written.
 */
package io.github.tfwsam.examples.cli;
