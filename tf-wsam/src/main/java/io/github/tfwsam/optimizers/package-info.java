/**
 * Optimizers for reference variables ({@code VariableV2}) and resource variables ({@code
 * VarHandleOp}), also mixed in one step. They are usable alone, and as the base optimizer of {@link
 * io.github.tfwsam.Wsam}. Hyper-parameters are numbers in double precision, the learning rate also
 * an operand or a {@link io.github.tfwsam.schedules.Schedule}.
 *
 * <p>Formulas and defaults are those of {@code torch.optim}. In a float64 graph the steps are
 * PyTorch's to rounding, and those of {@code tf.keras.optimizers} with the options named here,
 * where the two differ:
 *
 * <table>
 *   <caption>Where PyTorch and Keras differ</caption>
 *   <tr><th></th><th>PyTorch, the default here</th><th>Keras</th><th>to step as Keras does</th></tr>
 *   <tr><td>epsilon</td>
 *       <td>added last</td>
 *       <td>before the bias correction (Adam), in the root (others)</td>
 *       <td>{@code epsilon(1e-7, EpsilonPlace.KERAS)}</td></tr>
 *   <tr><td>weight decay</td>
 *       <td>in the gradient, decoupled in AdamW</td>
 *       <td>decoupled</td>
 *       <td>{@code decoupledWeightDecay(true)}</td></tr>
 *   <tr><td>rho of RMSProp</td>
 *       <td>0.99</td>
 *       <td>0.9</td>
 *       <td>{@code RmsProp.rho(0.9)}</td></tr>
 *   <tr><td>initial accumulator of Adagrad</td>
 *       <td>0</td>
 *       <td>0.1</td>
 *       <td>{@code Adagrad.initialAccumulator(0.1)}</td></tr>
 *   <tr><td>momentum of SGD and RMSProp</td>
 *       <td>the learning rate scales the buffer in the step</td>
 *       <td>the learning rate is in the buffer</td>
 *       <td>equal while the rate is constant</td></tr>
 * </table>
 *
 * <p>Steps have no race: whatever reads a variable or a slot does so before, or after, each write
 * to it, and nothing is written before all gradients are there.
 */
package io.github.tfwsam.optimizers;
