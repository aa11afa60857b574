using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Benchmarks.Operator;

/// <summary>
/// Resources of the five kinds that need no pod, because they wait for a person: data where this version cannot read it, a suspended
/// job, a revoked version, a service whose version does not exist, a policy for other namespaces. Their specs are as long as real ones.
/// </summary>
internal static class RestingObjects
{
    public const int Namespaces = 10;
    private const int Concurrency = 16;

    public static string Namespace(int i) => $"bench-{i % Namespaces}";

    public static DataSource DataSource(int i) => Parse(ApiJsonContext.Default.DataSource, i, """
        {"metadata":{"name":"bench-#","namespace":"$"},"spec":{"owner":"team-#","source":{"s3":{"bucket":"lake","prefix":"penguins/#"}},"format":"Parquet",
         "schema":{"policy":"Enforce","columns":[{"name":"Species","type":"String","nullable":false},{"name":"Body Mass (g)","type":"Double","nullable":true,"minimum":1000,"maximum":9000}]},
         "quality":{"completeness":{"minimum":0.95},"expectations":[{"name":"plausible-mass","sql":"\"Body Mass (g)\" between 1000 and 9000","minPassRate":0.99}]},
         "governance":{"permittedPurposes":["research"],"legalBasis":"LegitimateInterests","retention":"365d","region":"eu-west-1","encryption":{"atRest":true,"inTransit":true}}}}
        """);

    private static TrainingJob TrainingJob(int i) => Parse(ApiJsonContext.Default.TrainingJob, i, """
        {"metadata":{"name":"bench-#","namespace":"$"},"spec":{"suspend":true,"purpose":"research","inputs":[{"dataSource":"bench-#","mountPath":"/data"}],"framework":"PyTorch",
         "roles":[{"name":"worker","replicas":2,"template":{"spec":{"containers":[{"name":"trainer","image":"docker.io/enterpriseai/enterpriseai:0.1.0","command":["/app/agent","train"],
          "args":["--data=/data/penguins.json","--label=Species","--output=/output","--epochs=60"],"resources":{"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"memory":"512Mi"}}}]}}}],
         "queue":"team-#","restartPolicy":{"maxRestarts":2,"permanentExitCodes":"1"},"activeDeadlineSeconds":1800,
         "output":{"model":"bench","version":"1.0.#","artifact":"pvc://models/bench/#","signingKeySecret":"model-signing","modelVersion":{"gates":[{"metric":"accuracy","minimum":0.9}]}}}}
        """);

    private static ModelVersion ModelVersion(int i) => Parse(ApiJsonContext.Default.ModelVersion, i, """
        {"metadata":{"name":"bench-#","namespace":"$"},"spec":{"revoked":true,"revokedReason":"superseded","model":"bench","version":"1.0.#",
         "artifact":{"uri":"pvc://models/bench/#","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
         "signature":{"publicKey":{"secretKeyRef":{"name":"model-signing-pub","key":"cosign.pub"}}},
         "card":{"intendedUse":"Tell the species of an adult penguin from four body measures.","limitations":"Three species.","license":"CC0-1.0","owner":"team-#","riskClass":"Minimal"},
         "evaluation":[{"metric":"accuracy","value":0.98,"dataset":"penguins"}],"gates":[{"metric":"accuracy","minimum":0.9}],"approvals":{"required":1}}}
        """);

    private static InferenceService InferenceService(int i) => Parse(ApiJsonContext.Default.InferenceService, i, """
        {"metadata":{"name":"bench-#","namespace":"$"},"spec":{"modelVersion":"absent-#","runtime":{"executionProvider":"Auto","resources":{"requests":{"cpu":"50m","memory":"96Mi"},"limits":{"memory":"512Mi"}}},
         "scaling":{"minReplicas":1},"rollout":{"strategy":"Canary","steps":[5,25,50],"interval":"10s","analysis":{"minRequests":30},"automaticPromotion":true},
         "humanOversight":{"mode":"OnTheLoop","overseer":"team-#"}}}
        """);

    private static CompliancePolicy CompliancePolicy(int i) => Parse(ApiJsonContext.Default.CompliancePolicy, i, """
        {"metadata":{"name":"bench-#","labels":{"bench":"true"}},"spec":{"frameworks":["Gdpr","Soc2"],"namespaceSelector":{"matchLabels":{"bench":"nowhere"}},"enforcement":"Audit",
         "require":{"signature":true,"approvals":1,"card":true},"rules":[{"name":"owner-set","kinds":["DataSource"],"conditions":[{"path":"spec.owner","operator":"Exists"}],"severity":"Medium","message":"name an owner"}]}}
        """);

    /// <summary>Creates the objects numbered from <paramref name="from"/> up to <paramref name="to"/>, of each kind.</summary>
    public static Task CreateAsync(KubernetesClient client, int from, int to, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken }, async (i, token) =>
        {
            await client.CreateAsync(ApiResources.DataSources, DataSource(i), cancellationToken: token);
            await client.CreateAsync(ApiResources.TrainingJobs, TrainingJob(i), cancellationToken: token);
            await client.CreateAsync(ApiResources.ModelVersions, ModelVersion(i), cancellationToken: token);
            await client.CreateAsync(ApiResources.InferenceServices, InferenceService(i), cancellationToken: token);
            await client.CreateAsync(ApiResources.CompliancePolicies, CompliancePolicy(i), cancellationToken: token);
        });

    /// <summary>The version of every object, by kind and name: what was written to has another afterwards.</summary>
    public static async Task<Dictionary<string, string>> VersionsAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        var versions = new Dictionary<string, string>();
        await Add(ApiResources.DataSources);
        await Add(ApiResources.TrainingJobs);
        await Add(ApiResources.ModelVersions);
        await Add(ApiResources.InferenceServices);
        await Add(ApiResources.CompliancePolicies);
        return versions;

        async Task Add<T>(ResourceType<T> type) where T : class, IKubernetesObject
        {
            foreach (var item in (await client.ListAsync(type, null, null, cancellationToken)).Items)
                versions[$"{type.Kind}/{item.Metadata.Namespace}/{item.Metadata.Name}"] = item.Metadata.ResourceVersion!;
        }
    }

    private static T Parse<T>(JsonTypeInfo<T> type, int i, string template) =>
        JsonSerializer.Deserialize(template.Replace("#", i.ToString(System.Globalization.CultureInfo.InvariantCulture)).Replace("$", Namespace(i)), type)!;
}
