using System.CommandLine;
using System.Text.Json;
using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.Data;

namespace EnterpriseAI.Agent.Commands;

/// <summary><c>agent profile</c>.</summary>
internal static class ProfileCommand
{
    public static Command Create(AgentHost host)
    {
        var source = new Option<string[]>("--source")
        {
            Description = "file:PATH (a file, a folder or a pattern), or http(s)://host/path; may be given several times.",
            HelpName = "URI",
            Required = true,
        };
        var format = Arguments.Choice("--format", "How the bytes are to be read. [default: by the file's suffix]", default(DataFormat));
        format.DefaultValueFactory = null;
        var spec = Arguments.Text("--spec", "FILE|JSON", "What is expected: a JSON object with the sections schema, quality, drift and classification of a DataSource, and driftBaseline.");
        var output = Arguments.Text("--output", "FILE", "Where the full profile is written, as JSON.");
        var root = Arguments.Text("--root", "FOLDER", "Refuse files that do not really lie in this folder once symbolic links are followed.");
        var maxBytes = Arguments.WholeNumber("--max-bytes", "Most bytes that are downloaded per http(s) source.", 8L << 30, 1, 1L << 40);
        var terminationLog = TerminationLog.Option();
        var command = new Command("profile", "Profiles data: schema, completeness, quality, sensitive columns, drift. The result is the summary.")
        {
            source, format, spec, output, root, maxBytes, terminationLog,
        };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            host,
            parsed.GetValue(terminationLog),
            DataJson.Default.DataProfileSummary,
            async token =>
            {
                var request = await ReadSpecAsync(parsed.GetValue(spec), token) with
                {
                    Format = parsed.GetResult(format) is null ? null : parsed.GetValue(format),
                };
                using var inputs = new ProfileInputs(host, parsed.GetValue(maxBytes));
                request = request with { Paths = await inputs.LocalPathsAsync(parsed.GetRequiredValue(source), token) };
                var profiler = new DataProfiler(host.Time, new ProfileOptions { Root = inputs.Downloaded ? null : parsed.GetValue(root) });
                var profile = await profiler.ProfileAsync(request, token);
                if (parsed.GetValue(output) is { } file)
                {
                    await WriteAsync(file, profile, token);
                    host.Say($"full profile: {file}");
                }

                return DataProfileSummary.Of(profile);
            },
            cancellationToken));
        return command;
    }

    private static async Task<ProfileRequest> ReadSpecAsync(string? spec, CancellationToken cancellationToken)
    {
        if (spec is null)
        {
            return new ProfileRequest();
        }

        if (spec.AsSpan().TrimStart().StartsWith("{"))
        {
            return ProfileRequest.Parse(spec);
        }

        if (!File.Exists(spec))
        {
            throw AgentFailure.BadInput("InvalidSpec", $"--spec: {spec} does not exist; give a file or a JSON object");
        }

        return ProfileRequest.Parse(await File.ReadAllTextAsync(spec, cancellationToken));
    }

    private static async Task WriteAsync(string file, DataProfile profile, CancellationToken cancellationToken)
    {
        var staging = $"{file}.{Guid.NewGuid():N}.partial";
        try
        {
            await using (var stream = new FileStream(staging, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous))
            {
                await JsonSerializer.SerializeAsync(stream, profile, DataJson.Default.DataProfile, cancellationToken);
            }

            File.Move(staging, file, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw AgentFailure.WorthRetrying("OutputNotWritable", $"--output: {file} cannot be written: {exception.Message}", exception);
        }
        finally
        {
            File.Delete(staging);
        }
    }
}
