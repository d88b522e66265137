package io.github.tfwsam.examples.toy;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ToyCommandTest {
  @Test
  void writesARowAStepAndDrawsThem(@TempDir Path folder) throws IOException {
    var out = new StringWriter();
    int status =
        new CommandLine(new ToyCommand())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setOut(new PrintWriter(out))
            .execute("--gammas=0.95,0", "--modes=coupled", "--steps=3", "--out=" + folder);

    assertThat(status).isEqualTo(0);
    List<String> lines = Files.readAllLines(folder.resolve("toy.csv"));
    assertThat(lines.get(0)).isEqualTo("mode,gamma,step,m,s,loss");
    assertThat(lines.stream().skip(1).map(line -> line.split(",", 4)[2]))
        .containsExactly("0", "1", "2", "3", "0", "1", "2", "3")
        .inOrder();
    assertThat(lines.get(1)).startsWith("coupled,0.95,0,-6.0,10.0,0.41");
    assertThat(lines.get(5)).startsWith("coupled,0,0,-6.0,10.0,0.41");
    for (String line : lines.subList(1, lines.size())) {
      // Every digit: as parsed, so printed.
      Stream.of(line.split(",", -1))
          .skip(3)
          .forEach(cell -> assertThat(Double.toString(Double.parseDouble(cell))).isEqualTo(cell));
    }

    assertThat(ImageIO.read(folder.resolve("toy.png").toFile()).getWidth()).isEqualTo(2000);
    assertThat(out.toString()).contains("not settled");
    assertThat(out.toString()).contains(folder.resolve("toy.png").toString());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(2);
    }
  }
}
