using System.Collections.Immutable;
using System.Text.Json.Serialization;
using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Observations;

/// <summary>The answer of <c>GET /v1/observations</c>.</summary>
/// <param name="Instance">Differs between gateways and between runs of one: all counters start at zero with it.</param>
/// <param name="Services">Every service of the present table.</param>
internal sealed record ObservationReport(string Instance, ImmutableArray<ServiceReport> Services);

/// <summary>The counters of one service since its present, or last, candidate was first seen.</summary>
/// <param name="Namespace">Namespace of the InferenceService.</param>
/// <param name="Name">Name of the InferenceService.</param>
/// <param name="Unserved">Requests answered 503 because no endpoint was there.</param>
/// <param name="Revisions">By name; a candidate that is gone stays until another comes.</param>
internal sealed record ServiceReport(string Namespace, string Name, long Unserved, ImmutableArray<RevisionReport> Revisions);

/// <summary>The counters of one revision.</summary>
/// <param name="Name">Name of the revision.</param>
/// <param name="Role">Its part in the service, or the last it had.</param>
/// <param name="Weight">Weight in the present table, 0 when the revision is not in it.</param>
/// <param name="InFlight">Requests it works on now.</param>
/// <param name="Windows">By candidate weight.</param>
internal sealed record RevisionReport(string Name, RevisionRole Role, int Weight, int InFlight, ImmutableArray<WindowReport> Windows);

/// <summary>The counters of one revision while the candidate had one weight.</summary>
/// <param name="CandidateWeight">The share, in percent, that the candidate really got when the requests were routed.</param>
/// <param name="Requests">All requests sent to the revision.</param>
/// <param name="Errors">Those that ended in 5xx, a broken connection or a timeout.</param>
/// <param name="Latency">Durations of requests that were answered below 500.</param>
internal sealed record WindowReport(int CandidateWeight, long Requests, long Errors, LatencyReport Latency);

/// <summary>A histogram.</summary>
/// <param name="BoundsSeconds">Upper bounds, inclusive.</param>
/// <param name="Counts">Not cumulative; one more than bounds, the last for what is slower.</param>
internal sealed record LatencyReport(ImmutableArray<double> BoundsSeconds, ImmutableArray<long> Counts);

/// <summary>Reads and writes <see cref="ObservationReport"/> without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ObservationReport))]
internal sealed partial class ObservationJsonContext : JsonSerializerContext;
