namespace EnterpriseAI.Api;

/// <summary>Checks a <see cref="TrainingJob"/>.</summary>
internal static class TrainingJobValidation
{
    // What the environment contract sets; a second value in the template would contradict it.
    private static readonly string[] ReservedVariables = ["RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "TF_CONFIG"];

    public static IReadOnlyList<FieldError> Check(TrainingJob job)
    {
        var checks = new FieldChecks();
        checks.Name(job);
        var spec = job.Spec;
        Inputs(checks, spec);
        Roles(checks, spec.Roles);
        checks.Label("spec.queue", spec.Queue);
        checks.ObjectName("spec.priorityClassName", spec.PriorityClassName);
        checks.Duration("spec.gang.timeout", spec.Gang?.Timeout);
        checks.Range("spec.restartPolicy.maxRestarts", spec.RestartPolicy?.MaxRestarts, 0, 1000);
        if (!ExitCodeSet.TryParse(spec.RestartPolicy?.PermanentExitCodes, out _, out var error))
            checks.Add("spec.restartPolicy.permanentExitCodes", error);
        checks.ObjectName("spec.checkpoint.claimName", spec.Checkpoint?.ClaimName);
        checks.Range("spec.activeDeadlineSeconds", spec.ActiveDeadlineSeconds, 1, double.PositiveInfinity);
        checks.Range("spec.ttlSecondsAfterFinished", spec.TtlSecondsAfterFinished, 0, double.PositiveInfinity);
        if (spec.Search is { } search)
            Search(checks, search);
        if (spec.Federated is { } federated)
            Federated(checks, federated);
        checks.Range("spec.privacy.epsilon", spec.Privacy?.Epsilon, 0, double.PositiveInfinity, exclusive: true);
        checks.Unless(spec.Privacy is not { Delta: < 0 or >= 1 }, "spec.privacy.delta", $"is {spec.Privacy?.Delta}; must be at least 0 and below 1");
        checks.Range("spec.privacy.clip", spec.Privacy?.Clip, 0, double.PositiveInfinity, exclusive: true);
        if (spec.Output is { } output)
            Output(checks, output, job.Status);
        return checks.Errors;
    }

    private static void Inputs(FieldChecks checks, TrainingJobSpec spec)
    {
        checks.Unique("spec.inputs", "data source", spec.Inputs.Select(i => i.DataSource));
        for (var i = 0; i < spec.Inputs.Count; i++)
        {
            checks.ObjectName($"spec.inputs[{i}].dataSource", spec.Inputs[i].DataSource);
            checks.MountPath($"spec.inputs[{i}].mountPath", spec.Inputs[i].MountPath);
        }

        if (spec.Checkpoint is { } checkpoint)
            checks.MountPath("spec.checkpoint.mountPath", checkpoint.MountPath);
        var mounts = spec.Inputs.Select(i => i.MountPath).Concat(spec.Checkpoint is { MountPath: var path } ? [path] : []);
        checks.Unique("spec.inputs", "mountPath", mounts.Select(m => m.TrimEnd('/')));
    }

    private static void Roles(FieldChecks checks, IReadOnlyList<TrainingRole> roles)
    {
        checks.Unless(roles.Count > 0, "spec.roles", "at least one role is needed");
        checks.Unique("spec.roles", "role", roles.Select(r => r.Name));
        for (var i = 0; i < roles.Count; i++)
        {
            var (role, path) = (roles[i], $"spec.roles[{i}]");
            checks.Label($"{path}.name", role.Name);
            checks.Range($"{path}.replicas", role.Replicas, 1, 10000);
            checks.Range($"{path}.minReplicas", role.MinReplicas, 1, 10000);
            checks.Unless(
                role.MinReplicas is not { } minimum || minimum <= role.Replicas, $"{path}.minReplicas",
                $"is {role.MinReplicas}; must not exceed replicas, which is {role.Replicas}");
            checks.Unless(role.Name is not "master" || role.Replicas == 1, $"{path}.replicas", $"is {role.Replicas}; the role master has exactly 1");
            Containers(checks, role, path);
        }
    }

    private static void Containers(FieldChecks checks, TrainingRole role, string path)
    {
        var containers = role.Template.Spec?.Containers ?? [];
        checks.Unless(containers.Count > 0, $"{path}.template.spec.containers", "at least one container is needed");
        checks.Unique($"{path}.template.spec.containers", "container", containers.Select(c => c.Name ?? ""));
        for (var i = 0; i < containers.Count; i++)
        {
            var at = $"{path}.template.spec.containers[{i}]";
            checks.Required($"{at}.name", containers[i].Name);
            checks.Required($"{at}.image", containers[i].Image);
            foreach (var variable in (containers[i].Env ?? []).Where(e => ReservedVariables.Contains(e.Name)))
                checks.Add($"{at}.env", $"{variable.Name} is set by the operator; remove it");
        }
    }

    private static void Search(FieldChecks checks, HyperparameterSearch search)
    {
        checks.Unless(search.Parameters.Count > 0, "spec.search.parameters", "at least one parameter is needed");
        checks.Unique("spec.search.parameters", "parameter", search.Parameters.Select(p => p.Name));
        checks.Required("spec.search.objective.metric", search.Objective.Metric);
        checks.Range("spec.search.maxTrials", search.MaxTrials, 1, 10000);
        checks.Range("spec.search.parallelTrials", search.ParallelTrials, 1, 1000);
        checks.Unless(
            search.ParallelTrials <= search.MaxTrials, "spec.search.parallelTrials",
            $"is {search.ParallelTrials}; must not exceed maxTrials, which is {search.MaxTrials}");
        for (var i = 0; i < search.Parameters.Count; i++)
            Parameter(checks, search, search.Parameters[i], $"spec.search.parameters[{i}]");
    }

    private static void Parameter(FieldChecks checks, HyperparameterSearch search, SearchParameter parameter, string path)
    {
        var range = parameter is { Minimum: not null, Maximum: not null };
        var half = parameter.Minimum is null != parameter.Maximum is null;
        checks.Unless(!half && range != parameter.Values.Count > 0, path, $"parameter '{parameter.Name}': set either values, or minimum and maximum");
        checks.Unless(!range || parameter.Minimum < parameter.Maximum, path, $"parameter '{parameter.Name}': minimum must be below maximum");
        checks.Unless(!parameter.LogScale || parameter.Minimum > 0, $"{path}.minimum", "must be above 0 with logScale");
        checks.Unless(
            search.Algorithm != SearchAlgorithm.Grid || !range || parameter.Integer, path,
            $"parameter '{parameter.Name}': Grid needs values, or a range with integer: true");
    }

    private static void Federated(FieldChecks checks, FederatedTraining federated)
    {
        checks.Range("spec.federated.rounds", federated.Rounds, 1, 100000);
        checks.Range("spec.federated.minClients", federated.MinClients, 1, 10000);
        checks.Unless(
            !federated.SecureAggregation || federated.MinClients >= 3, "spec.federated.minClients",
            $"is {federated.MinClients}; secureAggregation needs at least 3, or the sum tells one client's update to another");
    }

    private static void Output(FieldChecks checks, TrainingOutput output, TrainingJobStatus? status)
    {
        checks.Label("spec.output.model", output.Model);
        checks.Version("spec.output.version", output.Version);
        var name = $"{output.Model}-{output.Version}";
        checks.Unless(name.Length <= 63, "spec.output", $"the ModelVersion would be called '{name}' with {name.Length} characters; at most 63 are allowed");
        if (!ArtifactUri.TryParse(output.Artifact, out var artifact, out var error))
            checks.Add("spec.output.artifact", error);
        else if (artifact.Scheme != ArtifactScheme.Pvc)
            checks.Add("spec.output.artifact", $"'{output.Artifact}' is not on a volume: use pvc://claim/path");
        checks.ObjectName("spec.output.signingKeySecret", output.SigningKeySecret);
        checks.ObjectName("spec.output.publicKeyRef.name", output.PublicKeyRef?.Name);
        checks.Range("spec.output.modelVersion.approvals.required", output.ModelVersion?.Approvals?.Required, 0, 10);
        ModelVersionValidation.Gates(checks, "spec.output.modelVersion.gates", output.ModelVersion?.Gates ?? []);
        checks.Unless(
            status?.ModelVersion is not { } made || made == name, "spec.output",
            $"names '{name}', but the job has already created '{status?.ModelVersion}'; create a new job for another version");
    }
}
