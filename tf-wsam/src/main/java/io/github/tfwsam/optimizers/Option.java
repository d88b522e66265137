package io.github.tfwsam.optimizers;

import java.util.function.Consumer;

/** The one implementation of all options. Their interfaces say which optimizer takes which. */
record Option(Consumer<Settings> setting) implements GraphOptimizer.CommonOptions {}
