package io.github.tfwsam.examples.models;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A transformer encoder that classifies sequences of tokens: embeddings of tokens and of positions,
 * layers of self-attention and of a feed-forward network four times as wide (ReLU), each on the
 * layer norm of its input and added to it, a layer norm, the mean over the positions, and a dense
 * layer. Where token 0 is padding behind a sequence, nothing attends to it and the mean leaves it
 * out, so that the logits do not depend on how much of it there is.
 *
 * <p>Source: Vaswani et al., <a href="https://arxiv.org/abs/1706.03762">Attention Is All You
 * Need</a>, 2017, section 3; normalized before each part, which trains without a warm-up, as Xiong
 * et al., <a href="https://arxiv.org/abs/2002.04745">On Layer Normalization in the Transformer
 * Architecture</a>, 2020.
 *
 * @param vocabulary how many tokens there are
 * @param length how many tokens a sequence has
 * @param width how many numbers stand for a token; a multiple of heads
 * @param heads how many heads attend
 * @param depth how many layers there are
 * @param classes how many classes it tells apart
 * @param isPadded whether token 0 is padding; no sequence is all padding
 */
public record TransformerEncoder(
    int vocabulary, int length, int width, int heads, int depth, int classes, boolean isPadded)
    implements Network<TInt32> {
  private static final int FEED_FORWARD = 4;
  private static final double DEVIATION = 0.02;

  /**
   * An encoder of sequences without padding.
   *
   * @param vocabulary how many tokens there are
   * @param length how many tokens a sequence has
   * @param width how many numbers stand for a token; a multiple of heads
   * @param heads how many heads attend
   * @param depth how many layers there are
   * @param classes how many classes it tells apart
   */
  public TransformerEncoder(
      int vocabulary, int length, int width, int heads, int depth, int classes) {
    this(vocabulary, length, width, heads, depth, classes, false);
  }

  @Override
  public Class<TInt32> inputType() {
    return TInt32.class;
  }

  @Override
  public Shape exampleShape() {
    return Shape.of(length);
  }

  @Override
  public Operand<TFloat32> logits(Layers layers, Operand<TInt32> input) {
    Operand<TFloat32> x = layers.embedding("tokens", input, vocabulary, width, DEVIATION);
    x = layers.add(x, layers.weight("positions", Shape.of(length, width), DEVIATION));
    for (int i = 1; i <= depth; i++) {
      String name = "layer" + i + "_";
      x = layers.add(x, attention(layers, name, layers.layerNorm(name + "norm1", x), input));
      x = layers.add(x, feedForward(layers, name, layers.layerNorm(name + "norm2", x)));
    }
    x = layers.layerNorm("norm", x);
    Sequences sequences = layers.sequences();
    x = isPadded ? sequences.meanOfTokens(x, sequences.notPadding(input)) : layers.mean(x, 1);
    return layers.dense("logits", x, classes);
  }

  private Operand<TFloat32> attention(
      Layers layers, String name, Operand<TFloat32> x, Operand<TInt32> tokens) {
    Sequences sequences = layers.sequences();
    Operand<TFloat32> query = sequences.heads(layers.dense(name + "query", x, width), heads);
    Operand<TFloat32> key = sequences.heads(layers.dense(name + "key", x, width), heads);
    Operand<TFloat32> value = sequences.heads(layers.dense(name + "value", x, width), heads);
    Operand<TFloat32> attended =
        isPadded
            ? sequences.attention(query, key, value, sequences.notPadding(tokens))
            : sequences.attention(query, key, value);
    return layers.dense(name + "output", sequences.joinHeads(attended), width);
  }

  private Operand<TFloat32> feedForward(Layers layers, String name, Operand<TFloat32> x) {
    Operand<TFloat32> wide = layers.dense(name + "wide", x, FEED_FORWARD * width);
    return layers.dense(name + "narrow", layers.relu(wide), width);
  }
}
