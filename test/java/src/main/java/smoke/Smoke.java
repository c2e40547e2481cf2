package smoke;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.tracking.MlflowClient;

/** Creates a run, logs to it and registers a model of it, against the server named as the argument. */
public final class Smoke {
  public static void main(String[] args) {
    try (MlflowClient client = new MlflowClient(args[0])) {
      String name = "java-" + UUID.randomUUID();
      String experimentId = client.createExperiment(name);
      RunInfo made = client.createRun(experimentId);
      String runId = made.getRunId();
      for (int step = 0; step < 3; step++) {
        client.logMetric(runId, "loss", 1.0 / (step + 1), 1000 + step, step);
      }
      client.logParam(runId, "depth", "3");
      client.setTag(runId, "team", "risk");
      client.setTerminated(runId, RunStatus.FINISHED);

      Run run = client.getRun(runId);
      expect("status", RunStatus.FINISHED, run.getInfo().getStatus());
      expect("parameter", "3", run.getData().getParams(0).getValue());
      expect("last loss", 1.0 / 3, run.getData().getMetrics(0).getValue());
      List<Metric> history = client.getMetricHistory(runId, "loss");
      expect("steps", 3, history.size());
      Optional<org.mlflow.api.proto.Service.Experiment> found = client.getExperimentByName(name);
      expect("experiment", experimentId, found.orElseThrow().getExperimentId());
      List<RunInfo> runs = client.searchRuns(List.of(experimentId), "params.depth = '3'");
      expect("run found", runId, runs.get(0).getRunId());

      client.sendPost("registered-models/create", "{\"name\": \"" + name + "\"}");
      String source = run.getInfo().getArtifactUri() + "/model";
      client.sendPost(
          "model-versions/create",
          "{\"name\": \"" + name + "\", \"source\": \"" + source + "\", \"run_id\": \"" + runId + "\"}");
      ModelVersion version = client.getModelVersion(name, "1");
      expect("run of version", runId, version.getRunId());
      expect("latest versions", 1, client.getLatestVersions(name).size());
      expect("registered model", name, client.getRegisteredModel(name).getName());
      System.out.println("java smoke done");
    }
  }

  private static void expect(String what, Object wanted, Object got) {
    if (!wanted.equals(got)) {
      throw new IllegalStateException(what + ": wanted " + wanted + ", got " + got);
    }
  }
}
