package io.github.tfwsam.examples.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The triad of STREAM, {@code a[i] = b[i] + s c[i]}: the memory's limit, as plain loads and stores
 * on all cores reach it. <a href="https://www.cs.virginia.edu/stream/ref.html">STREAM</a> counts
 * three arrays, though a store loads its cache line first.
 *
 * <p>Threads claim blocks one after the other, as the fused ops' do, so that a core which is busy
 * elsewhere holds up no more than a block.
 */
final class Triad implements AutoCloseable {
  private static final int BLOCK = 1 << 15;
  private static final float SCALE = 3;

  private final float[] a;
  private final float[] b;
  private final float[] c;
  private final int threads;
  private final ExecutorService pool;

  Triad(int length, int threads) {
    this.threads = threads;
    a = new float[length];
    b = new float[length];
    c = new float[length];
    for (int i = 0; i < length; i++) {
      b[i] = i % 7;
      c[i] = i % 5;
    }
    pool =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              var thread = new Thread(task, "triad");
              thread.setDaemon(true);
              return thread;
            });
  }

  double bytes() {
    return 3.0 * Float.BYTES * a.length;
  }

  /** Goes through the arrays so many times. */
  void run(int times) {
    long blocks = (a.length + BLOCK - 1L) / BLOCK;
    var next = new AtomicLong();
    List<Future<?>> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      workers.add(
          pool.submit(
              () -> {
                for (long n; (n = next.getAndIncrement()) < times * blocks; ) {
                  int start = (int) (n % blocks) * BLOCK;
                  add(a, b, c, start, Math.min(a.length, start + BLOCK));
                }
              }));
    }
    for (Future<?> worker : workers) {
      await(worker);
    }
  }

  private static void await(Future<?> worker) {
    try {
      worker.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the triad was interrupted; run it again", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the triad failed: " + e.getCause(), e);
    }
  }

  private static void add(float[] a, float[] b, float[] c, int start, int end) {
    for (int i = start; i < end; i++) {
      a[i] = b[i] + SCALE * c[i];
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
