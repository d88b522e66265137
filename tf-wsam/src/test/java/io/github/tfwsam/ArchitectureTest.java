package io.github.tfwsam;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Dependencies point one way: Wsam and sharpness to update, Wsam to optimizers, these to graph, it
 * to gradients.
 */
@AnalyzeClasses(packages = "io.github.tfwsam", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule LAYERS =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("Wsam")
          .definedBy("io.github.tfwsam")
          .layer("Update")
          .definedBy("..update..")
          .layer("Optimizers")
          .definedBy("..optimizers..")
          .layer("Checkpoint")
          .definedBy("..checkpoint..")
          .layer("Schedules")
          .definedBy("..schedules..")
          .layer("SavedModel")
          .definedBy("..savedmodel..")
          .layer("Sharpness")
          .definedBy("..sharpness..")
          .layer("Graph")
          .definedBy("..graph..")
          .layer("Gradients")
          .definedBy("..gradients..")
          .whereLayer("Wsam")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("Update")
          .mayOnlyBeAccessedByLayers("Wsam", "Sharpness")
          .whereLayer("Optimizers")
          .mayOnlyBeAccessedByLayers("Wsam")
          .whereLayer("Checkpoint")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("Schedules")
          .mayOnlyBeAccessedByLayers("Wsam", "Optimizers")
          .whereLayer("SavedModel")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("Sharpness")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("Graph")
          .mayOnlyBeAccessedByLayers("Wsam", "Sharpness", "Update", "Optimizers", "Checkpoint")
          .whereLayer("Gradients")
          .mayOnlyBeAccessedByLayers("Graph");

  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("io.github.tfwsam.(*)..").should().beFreeOfCycles();
}
