package io.github.tfwsam.examples;

/** The command line of tf-wsam. */
public final class Main {
  private Main() {}

  /**
   * Runs a verb.
   *
   * @param args the verb and its options
   */
  public static void main(String[] args) {}
}
