using System.Globalization;

namespace EnterpriseAI.Agent.Parallel;

/// <summary>Which of how many workers this process is, from the environment that PyTorch's launchers set.</summary>
/// <param name="MasterAddress">Host name or address of rank 0 (<c>MASTER_ADDR</c>).</param>
/// <param name="MasterPort">TCP port of rank 0 (<c>MASTER_PORT</c>).</param>
/// <param name="WorldSize">How many workers there are (<c>WORLD_SIZE</c>).</param>
/// <param name="Rank">This worker's number, from 0 (<c>RANK</c>).</param>
internal sealed record RankEnvironment(string MasterAddress, int MasterPort, int WorldSize, int Rank)
{
    public const int MaxWorldSize = 1024;

    private static readonly string[] Names = ["MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK"];

    public static RankEnvironment SingleProcess { get; } = new("localhost", 0, 1, 0);

    /// <summary>Reads the four variables; all absent means one process.</summary>
    /// <exception cref="AgentFailure">Some are absent, or a value is not allowed.</exception>
    public static RankEnvironment Read(Func<string, string?> environment)
    {
        var values = Names.ToDictionary(name => name, name => environment(name) is { Length: > 0 } value ? value : null);
        if (values.Values.All(value => value is null))
        {
            return SingleProcess;
        }

        if (Names.FirstOrDefault(name => values[name] is null) is { } missing)
        {
            throw AgentFailure.BadInput(
                "InvalidEnvironment",
                $"environment variable {missing} is not set, though {string.Join(", ", Names.Where(name => values[name] is not null))} is; set all four or none");
        }

        var worldSize = Number("WORLD_SIZE", 1, MaxWorldSize);
        return new RankEnvironment(values["MASTER_ADDR"]!, Number("MASTER_PORT", 1, 65535), worldSize, Number("RANK", 0, worldSize - 1));

        int Number(string name, int least, int most)
            => int.TryParse(values[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw AgentFailure.BadInput("InvalidEnvironment", $"environment variable {name} is '{values[name]}', allowed are whole numbers from {least} to {most}");
    }
}
